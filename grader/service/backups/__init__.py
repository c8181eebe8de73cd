"""Backups: one file with everything of a service that cannot be made again, and the way back from it."""
