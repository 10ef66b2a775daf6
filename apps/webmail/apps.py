"""Application configuration."""

from django.apps import AppConfig


class WebmailConfig(AppConfig):
    """Door: the mail in a browser."""

    name = "apps.webmail"
    label = "webmail"
