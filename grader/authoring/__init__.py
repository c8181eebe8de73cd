"""Authoring: a new exercise's starting point, a folder of exercises looked through, sentences of one's own weighed."""
