"""Browsers in which somebody has signed in, without the page that asks for a password."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.accounts import web
from apps.accounts.authentication import SignedIn
from apps.accounts.doors import Door
from apps.accounts.models import Session, User


def a_browser_of(user: User | None) -> Client:
    """Return a browser that holds the cookie of a session of this user."""
    assert user is not None
    session = Session.objects.create(user=user, door=Door.WEBMAIL, proved_at=timezone.now())
    request = RequestFactory().get("/")
    web.SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    request.user = AnonymousUser()
    web.sign_in(request, SignedIn(user.id, user.address, user.organisation_id, None, session.id))
    client = Client()
    key = request.session.session_key
    assert key is not None
    client.cookies["mail_session"] = key
    return client
