"""Whose socket it is: that of the browser's session, for as long as it lasts."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.mailboxes.queries import mailboxes_of

from .access import user_id_of


def watched_by(cookie: str) -> frozenset[int] | None:
    """Return the mailboxes whose changes the owner of this session may hear of; None when it is over."""
    if not cookie:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(cookie)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    request.user = user
    return frozenset(one.mailbox_id for one in mailboxes_of(user_id_of(request)) if "read" in one.rights)
