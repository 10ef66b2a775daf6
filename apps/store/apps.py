"""Application configuration."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Folders and messages."""

    name = "apps.store"
    label = "store"
