"""Sessions: seen, ended, and forgotten."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Session, WebSession
from apps.events import audit

IDLE_FOR = timedelta(days=30)
KEPT_FOR = timedelta(days=90)
_SEEN_EVERY = timedelta(minutes=1)


def end_all(
    *,
    user_id: int | None = None,
    credential_id: int | None = None,
    passkey_id: int | None = None,
    doors: Collection[str] | None = None,
    but: uuid.UUID | None = None,
) -> int:
    """End every live session of a user, a credential or a passkey, within the caller's transaction.

    Only those of some doors where these are named, and never the one the caller speaks from.
    """
    live = Session.objects.filter(ended_at=None)
    if user_id is not None:
        live = live.filter(user_id=user_id)
    if credential_id is not None:
        live = live.filter(credential_id=credential_id)
    if passkey_id is not None:
        live = live.filter(passkey_id=passkey_id)
    assert user_id is not None or credential_id is not None or passkey_id is not None
    if doors is not None:
        live = live.filter(door__in=[str(door) for door in doors])
    if but is not None:
        live = live.exclude(id=but)
    return live.update(ended_at=Now())


def end_session(*, session: Session, actor: audit.Actor) -> None:
    """End one session; its connections close when their door next looks."""
    with transaction.atomic():
        if Session.objects.filter(id=session.id, ended_at=None).update(ended_at=Now()):
            _record([session.id], session, actor)


def end_sessions(*, user_id: int, but: uuid.UUID | None = None, actor: audit.Actor) -> int:
    """End every session of a user, but perhaps the one they speak from; returns how many there were."""
    with transaction.atomic():
        live = Session.objects.select_related("user").filter(user_id=user_id, ended_at=None)
        if but is not None:
            live = live.exclude(id=but)
        sessions = list(live.select_for_update(of=("self",)).order_by("id"))
        if sessions:
            Session.objects.filter(id__in=[session.id for session in sessions]).update(ended_at=Now())
            _record([session.id for session in sessions], sessions[0], actor)
    return len(sessions)


def _record(ids: list[uuid.UUID], session: Session, actor: audit.Actor) -> None:
    user = session.user
    audit.record(
        actor=actor,
        action="session.end",
        target=audit.Target("user", user.id, user.address, user.organisation_id),
        details={"sessions": [str(session_id) for session_id in ids]},
    )


def still_live(session_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of a door's open sessions may go on, and note that they were seen."""
    live = Session.objects.filter(
        id__in=session_ids,
        ended_at=None,
        user__is_active=True,
        user__organisation__is_active=True,
        user__domain__is_active=True,
    ).filter(Q(credential__expires_at=None) | Q(credential__expires_at__gt=Now()))
    ids = set(live.values_list("id", flat=True))
    Session.objects.filter(id__in=ids, seen_at__lt=timezone.now() - _SEEN_EVERY).update(seen_at=Now())
    return ids


def forget_sessions() -> int:
    """End sessions unseen for 30 days and drop those ended 90 days ago; returns how many were dropped."""
    now = timezone.now()
    # A browser's end earlier, each at its own time.
    Session.objects.filter(ended_at=None, web__expires_at__lt=now).update(ended_at=Now())
    WebSession.objects.filter(Q(expires_at__lt=now) | Q(session__ended_at__isnull=False)).delete()
    Session.objects.filter(ended_at=None, seen_at__lt=now - IDLE_FOR).update(ended_at=Now())
    return Session.objects.filter(ended_at__lt=now - KEPT_FOR).delete()[0]
