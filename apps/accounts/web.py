"""The door of browsers: who sits there, signed in and out; middleware, and what views ask of a request."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions import middleware
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from apps.events import audit
from apps.events.database import give_back

from .authentication import SignedIn
from .models import Session, User
from .passkeys import Party, party_of
from .permissions import Subject
from .queries import grants_of
from .services import sessions
from .web_sessions import SessionStore, live


@dataclass(frozen=True, slots=True)
class Current:
    """Who is signed in, by which session, and when they last proved that it is them."""

    user: User
    session_id: uuid.UUID
    factor: str
    proved_at: datetime | None
    is_remembered: bool

    @property
    def was_proved_lately(self) -> bool:
        """Whether passwords and factors may be changed without asking once more."""
        since = timezone.now() - timedelta(seconds=settings.MAIL_PROOF_SECONDS)
        return self.proved_at is not None and self.proved_at > since


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, whose cookies (and CSRF's) are for TLS only where the page came over TLS.

    What somebody who signed in was shown is kept by no cache, unless its view says otherwise: the next one at the
    same computer would find it there. Nothing of an answer is asked of the database after this, so its connection does
    not wait for the client to read it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:  # type: ignore[override]
        """Set the cookies."""
        answer = super().process_response(request, response)  # type: ignore[arg-type]
        row = _store(request).row
        if row is not None and row.session is not None and not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = "private, no-store"
        give_back()
        if request.is_secure():
            for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
                if name in answer.cookies:
                    answer.cookies[name]["secure"] = True
        return answer


class AuthenticationMiddleware(MiddlewareMixin):
    """`request.user`: the User of the cookie's session, or AnonymousUser. One query, when first asked for."""

    def process_request(self, request: HttpRequest) -> None:
        """Put it there."""
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


def _user(request: HttpRequest) -> User | AnonymousUser:
    found = current(request)
    return AnonymousUser() if found is None else found.user


def _store(request: HttpRequest) -> SessionStore:
    return cast("SessionStore", request.session)


def current(request: HttpRequest) -> Current | None:
    """Return who is signed in, or None; the browser is noted as seen, at most once a minute."""
    store = _store(request)
    if store.session is None:
        return None
    store.see(request.META.get("REMOTE_ADDR"))
    return _current(store.session, is_remembered=store.row is not None and store.row.is_remembered)


def current_of_cookie(cookie: str | None) -> Current | None:
    """Return who is signed in by this value of the session cookie: for WebSockets, which have no request."""
    found = live(cookie) if cookie else None
    if found is None or found.session is None:
        return None
    return _current(found.session, is_remembered=found.is_remembered)


def _current(session: Session, *, is_remembered: bool) -> Current:
    return Current(session.user, session.id, session.factor, session.proved_at, is_remembered)


def subject(request: HttpRequest) -> Subject | None:
    """Return who asks as `may` sees them; one query more for the roles, once a request."""
    found = current(request)
    if found is None:
        return None
    kept: Subject | None = getattr(request, "_subject", None)
    if kept is None or kept.user_id != found.user.id:
        kept = Subject(found.user.id, found.user.organisation_id, grants=grants_of(found.user.id))
        request._subject = kept  # type: ignore[attr-defined]  # noqa: SLF001  # Ours, for this request.
    return kept


def actor(request: HttpRequest) -> audit.Actor:
    """Return who acts, as the audit trail names them."""
    found = current(request)
    assert found is not None, "nobody is signed in"
    return audit.Actor(found.user.address, found.user.id, request.META.get("REMOTE_ADDR"))


def peer_of(request: HttpRequest) -> str | None:
    """Return the network address a request came from."""
    return request.META.get("REMOTE_ADDR") or None


def client_of(request: HttpRequest) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("User-Agent", "")


def party(request: HttpRequest) -> Party | None:
    """Return who asks for passkeys on this page; None where browsers have none."""
    return party_of(request.get_host(), is_secure=request.is_secure())


def sign_in(request: HttpRequest, signed_in: SignedIn, *, remember: bool = False) -> None:
    """Give the browser a new cookie for the session that was just opened; what it held before is forgotten.

    Whoever was signed in here before is signed out.
    """
    store = _store(request)
    assert signed_in.session_id is not None
    with transaction.atomic():
        before = store.session
        if before is not None and before.id != signed_in.session_id:
            _end(request, before)
        session = Session.objects.select_related("user__organisation", "user__domain").get(
            id=signed_in.session_id
        )
        store.open_for(session, is_remembered=remember)
    rotate_token(request)
    request.user = session.user


def sign_out(request: HttpRequest) -> None:
    """End the browser's session and forget its cookie."""
    store = _store(request)
    if store.session is not None:
        _end(request, store.session)
    store.flush()
    request.user = AnonymousUser()


def _end(request: HttpRequest, session: Session) -> None:
    who = audit.Actor(session.user.address, session.user_id, peer_of(request))
    sessions.end_session(session=session, actor=who)
