"""Celery tasks: each asks the database what is due."""
