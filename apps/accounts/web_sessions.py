"""Where Django keeps a browser's session: a row beside the Session that lists show and end.

One query reads cookie, session, user, organisation and domain; a session that was ended, grew too old, or whose
user is kept out is not there at the very next request. The cookie's value is kept as a hash only.
"""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from .authentication import FRESH, kept_out
from .models import Session, WebSession
from .throttle import address_of

# What a browser keeps that never signed in: a language, a message to show.
ANONYMOUS_FOR = timedelta(hours=12)


def _key_of(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def live(cookie: str) -> WebSession | None:
    """Return what stands behind a cookie, in one query; None where nobody is let in by it (any more)."""
    rows = WebSession.objects.select_related(
        "session__user__organisation", "session__user__domain", "session__credential"
    )
    now = timezone.now()
    found = rows.filter(key=_key_of(cookie), expires_at__gt=now).first()
    if found is None or found.session is None:
        return found
    session, credential = found.session, found.session.credential
    if session.ended_at is not None or kept_out(session.user):
        return None
    if credential is not None and credential.expires_at is not None and credential.expires_at <= now:
        return None
    return found


class SessionStore(SessionBase):
    """Django's session of one request; `row` is what was read, `session` who is signed in."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: WebSession | None = None
        self._session_id: uuid.UUID | None = None
        self._began_at: datetime | None = None
        self._is_remembered = False

    @property
    def session(self) -> Session | None:
        """Who is signed in by this cookie; reads it if nobody did yet."""
        self._get_session()  # type: ignore[attr-defined]
        return None if self.row is None else self.row.session

    def open_for(self, session: Session, *, is_remembered: bool) -> None:
        """Begin anew, with a new cookie and nothing of what was there, for somebody who just signed in."""
        self.flush()
        self._session_id, self._began_at = session.id, session.created_at
        self._is_remembered = is_remembered
        self.create()
        assert self.row is not None
        self.row.session = session

    def see(self, peer: str | None) -> None:
        """Note that the browser was seen, and where, at most once a minute."""
        now = timezone.now()
        if self.row is None or self.row.session is None or self.row.session.seen_at > now - FRESH:
            return
        session, address = self.row.session, address_of(peer)
        place = session.peer if address is None else str(address)
        Session.objects.filter(id=session.id, ended_at=None).update(seen_at=now, peer=place)
        WebSession.objects.filter(key=self.row.key).update(expires_at=self.get_expiry_date())
        session.seen_at, session.peer = now, place

    def load(self) -> dict[str, Any]:
        """Read the row behind the cookie."""
        self.row = live(self.session_key) if self.session_key else None
        if self.row is None:
            self._session_key = None
            return {}
        if self.row.session is not None:
            self._session_id, self._began_at = self.row.session.id, self.row.session.created_at
        self._is_remembered = self.row.is_remembered
        return dict(self.row.data)

    def exists(self, session_key: str) -> bool:
        """Say whether a cookie is given out already."""
        return WebSession.objects.filter(key=_key_of(session_key)).exists()

    def create(self) -> None:
        """Give out a new cookie."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Write the row; raises UpdateError where it went meanwhile, which ends the request."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        key, expires_at = _key_of(self.session_key), self.get_expiry_date()
        if not must_create:
            if not WebSession.objects.filter(key=key).update(data=data, expires_at=expires_at):
                raise UpdateError
            return
        row = WebSession(
            key=key,
            session_id=self._session_id,
            data=data,
            is_remembered=self._is_remembered,
            expires_at=expires_at,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise CreateError from None
        self.row = row

    def delete(self, session_key: str | None = None) -> None:
        """Forget the cookie; who ends the session itself is `web.sign_out`."""
        cookie = session_key or self.session_key
        if cookie is not None:
            WebSession.objects.filter(key=_key_of(cookie)).delete()

    def flush(self) -> None:
        """Forget everything: the next request is a stranger's."""
        super().flush()
        self.row = self._session_id = self._began_at = None
        self._is_remembered = False

    @classmethod
    def clear_expired(cls) -> None:
        """Drop what is too old; housekeeping ends the sessions that go with it."""
        WebSession.objects.filter(expires_at__lt=timezone.now()).delete()

    def get_expire_at_browser_close(self) -> bool:
        """Say whether the cookie goes with the window: unless its user asked to stay signed in."""
        return not self._is_remembered

    def get_expiry_age(self, **_: Any) -> int:
        """Return how long the browser keeps a cookie that stays: as long as it could be good for."""
        return int(settings.MAIL_SESSION_LIFETIME)

    def get_expiry_date(self, **_: Any) -> datetime:
        """Return when the row ends, if the browser is not seen again until then."""
        now = timezone.now()
        if self._session_id is None:
            return now + ANONYMOUS_FOR
        idle = settings.MAIL_SESSION_REMEMBERED if self._is_remembered else settings.MAIL_SESSION_IDLE
        latest = (self._began_at or now) + timedelta(seconds=settings.MAIL_SESSION_LIFETIME)
        return min(now + timedelta(seconds=idle), latest)
