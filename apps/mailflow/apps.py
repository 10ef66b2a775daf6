"""Application configuration."""

from django.apps import AppConfig


class MailflowConfig(AppConfig):
    """A message's journey: two ways in, two ways out."""

    name = "apps.mailflow"
    label = "mailflow"

    def ready(self) -> None:
        """Name the blobs of letters being written and held to the store, so that its sweep spares them."""
        from apps.store import blobs

        blobs.REFERENCES |= {blobs.Reference("mailflow_upload"), blobs.Reference("mailflow_sending")}
