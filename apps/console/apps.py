"""Application configuration."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Door: the administrators' pages."""

    name = "apps.console"
    label = "console"
