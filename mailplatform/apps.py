"""Application configuration."""

from django.apps import AppConfig


class MailplatformConfig(AppConfig):
    """The wiring: every process that starts Django can wake a Celery worker."""

    name = "mailplatform"

    def ready(self) -> None:
        """Make our Celery app the current one."""
        from . import celery  # noqa: F401
