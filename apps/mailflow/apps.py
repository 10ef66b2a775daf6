"""Application configuration."""

from django.apps import AppConfig


class MailflowConfig(AppConfig):
    """A message's journey: two ways in, two ways out."""

    name = "apps.mailflow"
    label = "mailflow"
