"""Authoring: starting a new exercise, checking exercises, and assessing own sentences for a probe."""
