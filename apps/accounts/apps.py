"""Application configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may sign in, how, and what they may do."""

    name = "apps.accounts"
    label = "accounts"
