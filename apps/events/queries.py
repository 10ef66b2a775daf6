"""The trace as pages read it: lists of messages, and the story of one, each within what its reader may see.

Whoever calls decides by `may()` what somebody may see, and says it as a `Scope`. One message may be for several
people who must not learn of each other (Bcc), so a story is cut to the scope, and not only found by it.
"""

import enum
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from . import sql, trace
from .sentences import sentence
from .trace import Kind, Recorded, at_domain, in_mailbox, key, of_host
from .transactions import Plan, perform, query

MOST = 200
RECIPIENTS = 5000
_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,6})-(\d{1,18})")
_FAR = datetime(9999, 1, 1, tzinfo=trace.LONG_AGO.tzinfo)
# What a message is said to be, if its recipients differ: the worst of them.
_WORST_FIRST = (
    Kind.POISONED, Kind.FAILED, Kind.EXPIRED, Kind.CANCELLED, Kind.HELD, Kind.DEFERRED, Kind.RELEASED, Kind.RETRIED,
    Kind.DELIVERED, Kind.FILED, Kind.MOVED, Kind.DELETED,
)  # fmt: skip


class Outcome(enum.StrEnum):
    """What became of a message, in the words by which people look for it."""

    FAILED = "failed"
    HELD = "held"
    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"


# The worst first, as above. Of what was accepted and nothing more is known, it is waiting.
_RANKED = (Outcome.FAILED, Outcome.HELD, Outcome.WAITING, Outcome.DELIVERED)
_OUTCOMES = {
    **dict.fromkeys((Kind.POISONED, Kind.FAILED, Kind.EXPIRED, Kind.CANCELLED), Outcome.FAILED),
    Kind.HELD: Outcome.HELD,
    **dict.fromkeys((Kind.ACCEPTED, Kind.DEFERRED, Kind.RELEASED, Kind.RETRIED), Outcome.WAITING),
    **dict.fromkeys((Kind.DELIVERED, Kind.FILED, Kind.MOVED, Kind.DELETED), Outcome.DELIVERED),
    Kind.REFUSED: Outcome.REFUSED,
}
_RANKS = json.dumps({kind: _RANKED.index(word) for kind, word in _OUTCOMES.items() if word in _RANKED})
# What only those who sent a message, and who look after them, learn of how it was sent.
_OF_THE_SENDER = ("peer", "helo", "login", "more")
_OF_THE_MAILBOX = ("folder", "uid", "folder_id", "content_id", "mailbox_id")


class BadCursorError(ValueError):
    """The page to go on after is none that was ever given out."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose mail somebody may be told of: domains they look after, addresses and mailboxes that are their own."""

    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    mailbox_ids: frozenset[int] = frozenset()

    @property
    def keys(self) -> list[str]:
        """What messages within are found by."""
        return [
            *(at_domain(domain) for domain in self.domains),
            *(key(address) for address in self.addresses),
            *(in_mailbox(mailbox_id) for mailbox_id in self.mailbox_ids),
        ]

    def covers(self, address: object, mailbox_id: object = None) -> bool:
        """Whether a recipient or a sender is within."""
        text = key(str(address or ""))
        return (
            mailbox_id in self.mailbox_ids
            or text in self.addresses
            or text.rpartition("@")[2] in self.domains
        )


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """What to look for; everything given must fit, and only the last 30 days are searched unless told.

    `address` is a sender's or a recipient's, as it was written or where it led, or an @domain; `host` a name or
    an IP address at the other end, of whoever brought it or took it. `outcome` is where it stands, at the recipient
    where it stands worst. `after` is the cursor of the last line seen.
    """

    address: str = ""
    sender: str = ""
    recipient: str = ""
    message_id: str = ""
    host: str = ""
    trace_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    outcome: Outcome | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One message in a list. `status` is a `Kind`: where it stands, at the recipient where it stands worst."""

    trace_id: uuid.UUID
    at: datetime
    cursor: str
    status: str
    origin: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    more: int = 0
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)
    size: int | None = None
    message_id: str = ""
    peer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a story, and the sentence that tells it in the reader's language."""

    at: datetime
    kind: str
    detail: Mapping[str, Any]
    sentence: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one message, oldest first."""

    trace_id: uuid.UUID
    events: tuple[Told, ...]


def find_traces(search: TraceSearch, *, scope: Scope | None) -> list[TraceLine]:
    """Return a page of messages, newest first; no scope is everybody's mail. Raises BadCursorError.

    A refused recipient is a line of its own. At most three statements, however long the page is. The end is an
    empty page: where a host is asked for, a message found twice is one line, and its page the shorter for it.
    """
    return perform(_find(search, scope))


def story(trace_id: uuid.UUID, *, scope: Scope | None) -> Story | None:
    """Return what happened to a message as far as `scope` may know it; None where there is nothing to tell."""
    events = perform(trace.story(trace_id))
    if scope is not None:
        events = cut(events, scope)
    told = tuple(Told(event.at, event.kind, event.detail, sentence(event)) for event in events)
    return Story(trace_id, told) if told else None


def _find(search: TraceSearch, scope: Scope | None) -> Plan[list[TraceLine]]:
    if scope is not None and not scope.keys:
        return []
    statement, params = _statement(search, scope)
    rows = yield from query(statement, params)
    if not rows:
        return []
    ids = list({row[0] for row in rows})
    beginnings: dict[uuid.UUID, dict[str, Any]] = {}
    if search.host:
        found = yield from query(sql.BEGINNINGS, [ids])
        beginnings = {row[0]: json.loads(row[1]) for row in found}
    # A host may be named days after the message came; else nothing happened to it before its own row.
    oldest = trace.LONG_AGO if search.host else rows[-1][1]
    standing = yield from query(sql.STANDING, [ids, oldest, RECIPIENTS])
    stands: dict[uuid.UUID, list[tuple[str, str | None, int | None]]] = {}
    for trace_id, kind, recipient, mailbox_id in standing:
        stands.setdefault(trace_id, []).append((kind, recipient, mailbox_id))
    lines, seen = [], set()
    for trace_id, at, number, kind, text in rows:
        cursor = f"{int(at.timestamp())}.{at.microsecond}-{number}"
        begun = kind in {Kind.ACCEPTED, Kind.REFUSED}
        detail = json.loads(text) if begun else beginnings.get(trace_id, {})
        kind = kind if begun else Kind.ACCEPTED
        if kind == Kind.ACCEPTED and trace_id in seen:
            continue
        seen.add(trace_id)
        lines.append(_line(trace_id, at, cursor, kind, detail, stands.get(trace_id, []), scope))
    return lines


def _statement(search: TraceSearch, scope: Scope | None) -> tuple[str, dict[str, Any]]:
    since = search.since or timezone.now() - timedelta(days=30)
    params: dict[str, Any] = {
        "since": since,
        "until": search.until or _FAR,
        "limit": max(1, min(search.limit, MOST)),
    }
    conditions = [] if search.host else ["kinds"]
    keys = [
        key(text) for text in (search.address, search.sender, search.recipient, search.message_id) if text
    ]
    found_by = [*keys, of_host(search.host)] if search.host else keys
    if found_by:
        conditions.append("keys")
        params["keys"] = found_by
    if search.sender and not search.sender.startswith("@"):
        conditions.append("sender")
        params["sender"] = key(search.sender)
    if search.trace_id:
        conditions.append("trace")
        params["trace_id"] = search.trace_id
    if scope is not None:
        conditions += _scoped(search, scope, keys, params)
    conditions += _outcome(search, scope, params)
    if search.after:
        if (match := _CURSOR.fullmatch(search.after)) is None:
            raise BadCursorError(search.after[:60])
        try:
            params["after_at"] = datetime.fromtimestamp(int(match[1]), tz=_FAR.tzinfo) + timedelta(
                microseconds=int(match[2])
            )
        except (OverflowError, ValueError, OSError):
            raise BadCursorError(search.after[:60]) from None
        params["after_id"] = int(match[3])
        conditions.append("after")
    return sql.page(tuple(sorted(conditions))), params


def _scoped(search: TraceSearch, scope: Scope, keys: Sequence[str], params: dict[str, Any]) -> Sequence[str]:
    """Return the conditions that keep a search within a scope, and put what they ask for into the parameters."""
    params["scope"] = scope.keys
    params["scope_addresses"] = list(scope.addresses)
    params["scope_domains"] = list(scope.domains)
    params["scope_mailboxes"] = list(scope.mailbox_ids)
    params["strange"] = [name for name in keys if not scope.covers(name)]
    found = ["scope"]
    if params["strange"]:
        found.append("known")
    if search.host:
        found.append("host_theirs")
    return found


def _outcome(search: TraceSearch, scope: Scope | None, params: dict[str, Any]) -> list[str]:
    """Return the conditions for an outcome, and put what they ask for into the parameters."""
    if search.outcome is None:
        return []
    if search.outcome == Outcome.REFUSED:
        return ["refused"]
    params["rank"] = _RANKED.index(search.outcome)
    params["ranks"] = _RANKS
    params["unknown"] = _RANKED.index(Outcome.WAITING)
    name = "outcome_any" if search.host else "outcome"
    if scope is not None:
        name += "_theirs"
    if search.host or search.outcome not in {Outcome.FAILED, Outcome.HELD}:
        return [name]
    params["kinds"] = [kind.value for kind, word in _OUTCOMES.items() if word == search.outcome]
    return ["rare", name]


def _line(
    trace_id: uuid.UUID,
    at: datetime,
    cursor: str,
    kind: str,
    detail: Mapping[str, Any],
    stands: Sequence[tuple[str, str | None, int | None]],
    scope: Scope | None,
) -> TraceLine:
    if kind == Kind.REFUSED:
        recipients = [detail["recipient"]] if detail.get("recipient") else []
        kinds = {Kind.REFUSED.value}
    else:
        recipients = list(detail.get("recipients", ()))
        kinds = {stand[0] for stand in stands} or {Kind.ACCEPTED.value}
    if scope is not None and not _is_sender(detail, scope):
        theirs = {recipient for _, recipient, mailbox_id in stands if scope.covers(recipient, mailbox_id)}
        recipients = [text for text in recipients if text in theirs or scope.covers(text)]
        detail = _without_sender(detail, recipients)
        if kind != Kind.REFUSED:
            kinds = {stand[0] for stand in stands if stand[1] in theirs} or {Kind.ACCEPTED.value}
    return TraceLine(
        trace_id=trace_id,
        at=at,
        cursor=cursor,
        status=next((kind.value for kind in _WORST_FIRST if kind in kinds), kind),
        origin=str(detail.get("origin", "")),
        sender=str(detail.get("sender", "")),
        recipients=tuple(recipients),
        more=int(detail.get("more", 0)),
        written=detail.get("written", {}),
        size=detail.get("size"),
        message_id=str(detail.get("message_id", "")),
        peer=str(detail.get("peer", "")),
        reason=str(detail.get("reason", "")),
    )


def cut(events: Sequence[Recorded], scope: Scope) -> list[Recorded]:
    """Return what somebody may know of a story: all of it if they sent it, else what is about their own."""
    if any(event.kind == Kind.ACCEPTED and _is_sender(event.detail, scope) for event in events):
        return [_as_sender(event, scope) for event in events]
    theirs = {
        str(event.detail["recipient"])
        for event in events
        if event.detail.get("recipient")
        and scope.covers(event.detail["recipient"], event.detail.get("mailbox_id"))
    }
    kept = []
    for event in events:
        if event.kind == Kind.ACCEPTED:
            named = [
                text for text in event.detail.get("recipients", ()) if text in theirs or scope.covers(text)
            ]
            detail = {**_without_sender(event.detail, named), "recipients": named}
            if named or theirs or scope.covers(event.detail.get("sender")):
                kept.append(replace(event, detail=detail))
        elif event.detail.get("recipient") in theirs:
            kept.append(event)
        elif event.kind == Kind.REFUSED and scope.covers(event.detail.get("sender")):
            kept.append(replace(event, detail={k: v for k, v in event.detail.items() if k != "recipient"}))
    return kept


def _is_sender(detail: Mapping[str, Any], scope: Scope) -> bool:
    """Whether it is somebody's own mail: signed in for, not merely under their name, which anybody can write."""
    return detail.get("origin") == "submission" and (
        scope.covers(detail.get("login")) or scope.covers(detail.get("sender"))
    )


def _without_sender(detail: Mapping[str, Any], recipients: Sequence[str]) -> dict[str, Any]:
    """Return how a message came, for whom it is for: a stranger's server is told, a colleague's computer is not."""
    hidden = {"more", "login"} if detail.get("origin") != "submission" else {*_OF_THE_SENDER}
    kept = {name: value for name, value in detail.items() if name not in hidden}
    if "written" in kept:
        kept["written"] = {to: texts for to, texts in kept["written"].items() if to in recipients}
    return kept


def _as_sender(event: Recorded, scope: Scope) -> Recorded:
    """Return an event as the sender may know it: where somebody else files their mail is not the sender's business."""
    if "folder" not in event.detail or scope.covers(
        event.detail.get("recipient"), event.detail.get("mailbox_id")
    ):
        return event
    detail = {name: value for name, value in event.detail.items() if name not in _OF_THE_MAILBOX}
    return replace(event, kind=Kind.DELIVERED if event.kind == Kind.FILED else event.kind, detail=detail)
