"""A browser in which somebody is signed in."""

from django.test import Client

from apps.accounts.models import User


def browser(user: User | None) -> Client:
    """Return a browser of this user's; nobody's for None."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client
