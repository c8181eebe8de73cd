"""The processes of `grade up`: started, watched, and ended together."""
