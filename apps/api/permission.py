"""What every view asks before it does anything: the token's scope, then `may`.

What the token's user is not shown does not exist (404); what they see but may not do is refused (403).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.authentication import SignedIn
from apps.accounts.models import User
from apps.accounts.permissions import Noun, Reach, Subject, Target, Verb, may, reach_of
from apps.accounts.queries import subject_of
from apps.events.audit import Actor

from .problems import Problem


class HasScope(BasePermission):
    """The token has the scope that the operation declares."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return true, or raise the problem that names the scope."""
        operation = getattr(getattr(view, (request.method or "").lower(), None), "operation", None)
        scopes = signed_in(request).scopes
        if operation is None or operation.scope is None or scopes is None or operation.scope in scopes:
            return True
        raise Problem("scope_missing", f"This needs a token with the scope {operation.scope}.")


def signed_in(request: Request) -> SignedIn:
    """Return what the token proved."""
    found: Any = request.auth
    assert isinstance(found, SignedIn)
    return found


def token_of(request: Request) -> int:
    """Return the id of the token: nobody comes here with anything else."""
    found = signed_in(request).credential_id
    assert found is not None
    return found


def user_of(request: Request) -> User:
    """Return the token's user."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: Request) -> Actor:
    """Return who acts, for the audit trail."""
    user = user_of(request)
    return Actor(user.address, user.id, request.META.get("REMOTE_ADDR"))


def subject(request: Request) -> Subject:
    """Return who asks as permission sees them, bound by the token's scopes; loaded once a request."""
    found: Subject | None = getattr(request, "_subject", None)
    if found is None:
        found = subject_of(signed_in(request).user_id, scopes=signed_in(request).scopes)
        assert found is not None
        request._subject = found  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def sees(request: Request, target: Target) -> bool:
    """Whether the user is shown this at all, whatever the token's scopes."""
    return may(replace(subject(request), scopes=None), Verb.VIEW, target)


def demand(request: Request, verb: Verb, target: Target) -> None:
    """Go on only if this may be done to that."""
    demand_seen(request, target)
    demand_allowed(request, verb, target)


def demand_allowed(request: Request, verb: Verb, target: Target) -> None:
    """Go on only if this may be done to that, which lies in something the user was shown already."""
    if not may(subject(request), verb, target):
        raise PermissionDenied(f"You may not {verb} this {target.noun}.")


def demand_seen(request: Request, target: Target) -> None:
    """Go on only if the user is shown this."""
    if not sees(request, target):
        raise NotFound


def demand_fields(request: Request, target: Target, wanted: Iterable[str], verbs: Mapping[str, Verb]) -> None:
    """Go on only if each field may be changed, by its own verb or by CHANGE; a change of nothing needs that, too."""
    for verb in {verbs.get(field, Verb.CHANGE) for field in wanted} or {Verb.CHANGE}:
        demand(request, verb, target)


def demand_somewhere(request: Request, verb: Verb, noun: Noun) -> None:
    """Go on only if there is a place where this may be done to such a thing, before the place is looked for."""
    if not reach_of(subject(request), verb, noun):
        raise PermissionDenied(f"You may not {verb} any {noun}.")


def in_reach(request: Request, noun: Noun) -> Reach:
    """Return where the user is shown things of this kind, for lists."""
    return reach_of(subject(request), Verb.VIEW, noun)
