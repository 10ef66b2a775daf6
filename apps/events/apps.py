"""Application configuration."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Hints between processes, and the record of what happened."""

    name = "apps.events"
    label = "events"
