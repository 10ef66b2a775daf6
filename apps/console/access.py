"""Who may see the console, and what of it.

Whoever has a role may come in. What they are not shown does not exist for them (404); what they see but may not do is
refused (403), and no page offers it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Reach, Subject, Target, Verb, may, reach_of
from apps.accounts.queries import grants_of
from apps.events.audit import Actor
from apps.events.patience import TooSlowError, patience
from apps.pages.access import signed_in
from apps.pages.views.errors import too_slow

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def administrators[**P](view: View[P]) -> View[P]:
    """Let a view be called by whoever has a role; what they may see, the view asks."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        who = subject(request)
        if not (who.is_active and who.grants):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def patient[**P](view: View[P]) -> View[P]:
    """Let a list be searched for so long and no longer: an answer that never comes would keep a connection, too."""

    @wraps(view)
    def bounded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.GET:
            return view(request, *args, **kwargs)
        try:
            with patience():
                return view(request, *args, **kwargs)
        except TooSlowError:
            return too_slow(request)

    return bounded


def user_of(request: HttpRequest) -> User:
    """Return who is signed in."""
    assert isinstance(request.user, User)
    return request.user


def subject(request: HttpRequest) -> Subject:
    """Return who asks, as permission sees them; their roles are loaded once a request."""
    found: Subject | None = getattr(request, "_console_subject", None)
    if found is None:
        user = user_of(request)
        is_active = user.is_active and user.organisation.is_active and user.domain.is_active
        found = Subject(user.id, user.organisation_id, is_active, grants_of(user.id))
        request._console_subject = found  # type: ignore[attr-defined]  # noqa: SLF001  # ours, for this request
    return found


def actor(request: HttpRequest) -> Actor:
    """Return who acts, for the audit trail."""
    user = user_of(request)
    return Actor(user.address, user.id, request.META.get("REMOTE_ADDR"))


def allowed(request: HttpRequest, verb: Verb, target: Target) -> bool:
    """Say whether this may be done to that."""
    return may(subject(request), verb, target)


def demand(request: HttpRequest, verb: Verb, target: Target) -> None:
    """Go on only if this may be done to that: 404 for what is not shown, 403 for what is."""
    if not allowed(request, Verb.VIEW, target):
        raise Http404
    if not allowed(request, verb, target):
        raise PermissionDenied


def reach(request: HttpRequest, noun: Noun, verb: Verb = Verb.VIEW) -> Reach:
    """Return where a role of theirs allows this; raises 403 where none does. One's own things are the webmail's."""
    found = where(request, noun, verb)
    if not found:
        raise PermissionDenied
    return found


def where(request: HttpRequest, noun: Noun, verb: Verb = Verb.VIEW) -> Reach:
    """Return where a role of theirs allows this; it may be nowhere."""
    found = reach_of(subject(request), verb, noun)
    return replace(found, user_id=None, member_id=None, member_rights=frozenset())
