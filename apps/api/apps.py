"""Application configuration."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Door: REST."""

    name = "apps.api"
    label = "api"
