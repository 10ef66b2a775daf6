"""Application configuration."""

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    """What we serve, and DNS."""

    name = "apps.domains"
    label = "domains"
