"""Application configuration."""

from django.apps import AppConfig


class QueueConfig(AppConfig):
    """What we have promised to deliver."""

    name = "apps.queue"
    label = "queue"
