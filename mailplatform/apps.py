"""Application configuration."""

import atexit

from django.apps import AppConfig


class MailplatformConfig(AppConfig):
    """The wiring: every process that starts Django can wake a Celery worker."""

    name = "mailplatform"

    def ready(self) -> None:
        """Make our Celery app the current one, and end Django's pools of connections with the process."""
        from . import celery  # noqa: F401

        atexit.register(close_pools)


def close_pools() -> None:
    """Close the pools there are; the threads of one left open would be waited for ten seconds at the end."""
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()
