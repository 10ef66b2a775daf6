"""Application configuration."""

from django.apps import AppConfig


class QueueConfig(AppConfig):
    """What we have promised to deliver."""

    name = "apps.queue"
    label = "queue"

    def ready(self) -> None:
        """Name the queue's blobs to the store, so that its sweep spares them."""
        from apps.store import blobs

        blobs.REFERENCES.add(blobs.Reference("queue_message"))
