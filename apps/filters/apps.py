"""Application configuration."""

from django.apps import AppConfig


class FiltersConfig(AppConfig):
    """What a user wants done with new mail."""

    name = "apps.filters"
    label = "filters"
