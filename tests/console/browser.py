"""Browsers of the cast."""

from django.test import Client

from apps.accounts.models import User
from tests.browsers import a_browser_of


def browser(user: User | None) -> Client:
    """Return a browser of this user's; nobody's for None."""
    return Client() if user is None else a_browser_of(user)
