"""The entrance of the web door: who has been let in, and with what."""
