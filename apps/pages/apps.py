"""The app of what every page shares."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """What every page shares."""

    name = "apps.pages"
    label = "pages"
