"""Application configuration."""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Tenants."""

    name = "apps.organisations"
    label = "organisations"
