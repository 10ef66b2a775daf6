"""The password its owner changes. Only the web process imports this."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.accounts import signing_in
from apps.accounts.authentication import Refused
from apps.accounts.models import Session, User
from apps.accounts.services import credentials
from apps.accounts.signing_in import Proved
from apps.events import audit


def change_password(
    *,
    user: User,
    new: str,
    old: str | None,
    session_id: uuid.UUID,
    peer: str | None,
    actor: audit.Actor,
) -> Proved | Refused:
    """Set a new password, against the old one or after a recent proof; browsers and programs that hold the old one go.

    The session it is changed from stays. Raises DirectoryError for a password that cannot be one.
    """
    if old is not None:
        proved = signing_in.prove_with_password(user=user, session_id=session_id, password=old, peer=peer)
        if isinstance(proved, Refused):
            return proved
    elif not was_proved_lately(session_id):
        return Refused("no recent proof", 0.0)
    credentials.set_password(user=user, password=new, keep=session_id, actor=actor)
    return Proved()


def was_proved_lately(session_id: uuid.UUID) -> bool:
    """Say whether this session's user showed a password or factor within MAIL_PROOF_SECONDS."""
    since = timezone.now() - timedelta(seconds=settings.MAIL_PROOF_SECONDS)
    return Session.objects.filter(id=session_id, ended_at=None, proved_at__gt=since).exists()
