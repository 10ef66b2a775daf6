"""Application configuration."""

from django.apps import AppConfig


class SpamConfig(AppConfig):
    """How unwanted a message looks."""

    name = "apps.spam"
    label = "spam"
