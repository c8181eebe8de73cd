"""The ways in beside the command line: Python, the web, and what other platforms run."""
