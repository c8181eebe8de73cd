"""Celery and its broker, set so that no message is lost."""
