"""Application configuration."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Secrets at rest: seal, open, rotate."""

    name = "apps.vault"
    label = "vault"
