"""Application configuration."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Folders and messages."""

    name = "apps.store"
    label = "store"

    def ready(self) -> None:
        """Register the check of the partitions."""
        from . import partitions  # noqa: F401
