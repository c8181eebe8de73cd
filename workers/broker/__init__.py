"""Celery and its broker, configured so that no message is lost."""
