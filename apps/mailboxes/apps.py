"""Application configuration."""

from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    """Addresses: where they lead and how much they hold."""

    name = "apps.mailboxes"
    label = "mailboxes"
