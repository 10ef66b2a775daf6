"""What happened to a message: a stream of events under one id, from the first byte to the last folder.

An event that tells of a change is recorded in the transaction that makes it. An ordinary message costs two or
three rows, never more than five; what there is to tell goes into `detail`. Rows are kept for
`MAIL_TRACE_DAYS` and dropped by the day (`partitions`).
"""

import enum
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import sql
from .transactions import Plan, Run, query

MAX_KEYS = 2000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(enum.StrEnum):
    """What an event tells of."""

    REFUSED = "refused"
    ACCEPTED = "accepted"
    FILED = "filed"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    POISONED = "poisoned"
    HELD = "held"
    RELEASED = "released"
    RETRIED = "retried"
    CANCELLED = "cancelled"
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one message.

    `keys` are what it can be found by besides its id, as `keys_of` makes them: all of them are on its first event,
    and the other server's name on those that tell what it said.
    """

    trace_id: uuid.UUID
    kind: Kind
    organisation_id: int | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it is read back."""

    at: datetime
    kind: str
    organisation_id: int | None
    detail: dict[str, Any]


def key(text: str) -> str:
    """Return an address or Message-ID as it is searched: lower case, without angle brackets."""
    return _clean(text.strip().strip("<>").lower().replace("\x1f", ""))[:400]


def at_domain(address: str) -> str:
    """Return the key of everything from or for a domain; of an address, or of the domain itself."""
    return key(f"@{address.rpartition('@')[2]}")


def in_mailbox(mailbox_id: int) -> str:
    """Return the key of everything that is for a mailbox, whatever address led there."""
    return f"mailbox:{mailbox_id}"


def of_host(host: str) -> str:
    """Return the key of everything another host brought or was brought, by its name or IP address."""
    return f"host:{key(host)}"


def keys_of(
    *,
    message_id: str = "",
    hosts: Iterable[str] = (),
    addresses: Iterable[str] = (),
    mailbox_ids: Iterable[int] = (),
) -> tuple[str, ...]:
    """Return what a message is found by, each once."""
    named = [address for address in addresses if address]
    found = [key(message_id)] if message_id else []
    found += [of_host(host) for host in hosts if host]
    found += [at_domain(address) for address in named]
    found += [key(address) for address in named]
    found += [in_mailbox(mailbox_id) for mailbox_id in mailbox_ids]
    return tuple(dict.fromkeys(found))


def _clean(text: str) -> str:
    """Return text that PostgreSQL can keep."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _json(detail: Mapping[str, Any]) -> str:
    text = json.dumps(detail, separators=(",", ":"), ensure_ascii=False)
    if "\\u0000" in text:
        text = json.dumps(_without_nul(detail), separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case Mapping():
            return {name: _without_nul(item) for name, item in value.items()}
        case list() | tuple():
            return [_without_nul(item) for item in value]
    return value


def record(events: Iterable[Event]) -> Plan[None]:
    """Append events, in the transaction this plan is part of."""
    if not (events := tuple(events)):
        return
    yield Run(
        sql.RECORD,
        (
            [event.trace_id for event in events],
            [event.kind.value for event in events],
            [event.organisation_id for event in events],
            [_clean("\x1f".join(event.keys[:MAX_KEYS])) or None for event in events],
            [_json(event.detail) for event in events],
        ),
    )


def story(trace_id: uuid.UUID, *, since: datetime = LONG_AGO, limit: int = 1000) -> Plan[list[Recorded]]:
    """Return everything known about one message, oldest first."""
    rows = yield from query(sql.STORY, (trace_id, since, limit))
    return [Recorded(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


def find(text: str, *, since: datetime, limit: int = 20) -> Plan[list[uuid.UUID]]:
    """Return the newest messages of a Message-ID, an address, an @domain or another host, newest first."""
    rows = yield from query(sql.FIND, ([key(text), of_host(text)], since, limit))
    return [row[0] for row in rows]
