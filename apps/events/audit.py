"""Who changed what: one row for each change, in the transaction it describes, each sealed by a hash.

An entry's hash covers its content and the hash before it, so a row changed, removed or slipped in breaks the
chain; the table's trigger refuses updates and deletions to begin with. Rows cut off the *end* leave a whole
chain: only a head kept elsewhere (`manage.py audit verify --head`) shows that.
"""

import hashlib
import json
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from .models import AuditEntry

FIRST = bytes(32)
# Any number no other advisory lock uses.
_LOCK = 0x6D61_6964


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, or the system itself."""

    name: str
    user_id: int | None = None
    peer: str | None = None


SYSTEM = Actor("system")


def who_is_here() -> Actor:
    """Return who runs a command on this machine, as the kernel knows them: the environment may say anything."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return Actor(f"manage.py ({name})")


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted upon, told so that it can be read after the thing itself is gone."""

    kind: str
    id: int | str
    name: str
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading the whole chain showed: its length and head, and where it first breaks, if it does."""

    entries: int
    head: str
    broken_at: int | None = None
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every entry is as it was written."""
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class _Facts:
    at: datetime
    actor: Actor
    action: str
    target: Target
    details: Mapping[str, Any] = field(default_factory=dict)

    def hash_after(self, previous: bytes) -> bytes:
        facts = [
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.actor.user_id,
            self.actor.name,
            self.actor.peer,
            self.action,
            self.target.kind,
            str(self.target.id),
            self.target.name,
            self.target.organisation_id,
            self.details,
        ]
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(previous + text.encode()).digest()


def record(
    *, actor: Actor, action: str, target: Target, details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Write one entry. Call it last in the transaction: entries are written one at a time until COMMIT."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first()
        previous = bytes(last) if last else FIRST
        plain = _plain(dict(details or {}))
        facts = _Facts(timezone.now(), actor, action, target, plain)
        return AuditEntry.objects.create(
            at=facts.at,
            actor_id=actor.user_id,
            actor=actor.name,
            peer=actor.peer,
            action=action,
            target_kind=target.kind,
            target_id=str(target.id),
            target=target.name,
            organisation_id=target.organisation_id,
            details=plain,
            previous=previous,
            hash=facts.hash_after(previous),
        )


def _plain(value: object) -> Any:
    """Return `value` as JSON gives it back; a float is refused, for jsonb writes it in another way."""
    match value:
        case None | bool() | int() | str():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no place in an audit entry")


def verify_chain() -> Verified:
    """Read every entry in order and say whether the chain is whole."""
    previous, count = FIRST, 0
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2000):
        facts = _Facts(
            entry.at,
            Actor(entry.actor, entry.actor_id, entry.peer),
            entry.action,
            Target(entry.target_kind, entry.target_id, entry.target, entry.organisation_id),
            entry.details,
        )
        if bytes(entry.previous) != previous:
            return Verified(count, previous.hex(), entry.id, "an entry before it is missing or was changed")
        if facts.hash_after(previous) != bytes(entry.hash):
            return Verified(count, previous.hex(), entry.id, "it was changed")
        previous, count = bytes(entry.hash), count + 1
    return Verified(count, previous.hex())
