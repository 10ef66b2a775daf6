"""Application configuration."""

from django.apps import AppConfig


class SpamConfig(AppConfig):
    """How unwanted a message looks."""

    name = "apps.spam"
    label = "spam"

    def ready(self) -> None:
        """Tell the store who reads its logs, so that it keeps what nobody has learned from yet."""
        from apps.store.services import keeping

        keeping.CURSORS.add(keeping.Cursor("spam_cursor"))
