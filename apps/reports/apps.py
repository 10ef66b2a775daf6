"""Application configuration."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports, received and to be sent."""

    name = "apps.reports"
    label = "reports"

    def ready(self) -> None:
        """Name the blobs of reports not yet read to the store, so that its sweep spares them."""
        from apps.store import blobs

        blobs.REFERENCES.add(blobs.Reference("reports_incoming"))
