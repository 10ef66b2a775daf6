"""The courier to our mailboxes: file a batch and settle it, in one transaction.

Because filing and settling commit together, a crash can neither lose nor double local mail. Filing never refuses
for quota: the 250 has been said. A mailbox that was disabled or removed since then fails, and the sender is told.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import django.db
import psycopg
from django.utils import timezone

from apps.events import trace
from apps.events.context import tracing
from apps.events.transactions import Plan, perform, query
from apps.protocols.smtp.replies import NO_SUCH_USER, Reply
from apps.queue import facts, services
from apps.queue.couriers import Delivered, Failed, Outcome, Parcel
from apps.queue.services import Settlement
from apps.reports import incoming
from apps.store.blobs import BlobRef
from apps.store.services import folders, messages
from apps.store.values import MessageFacts, NewMessage, NoFolder, OverQuota, Placed

from . import bounce, sql
from .bounce import Failure

log = logging.getLogger(__name__)

AWAY = (psycopg.OperationalError, django.db.OperationalError, django.db.InterfaceError)
INBOX = "INBOX"
FILED = Reply(250, "2.0.0", "Filed")
READ = Reply(250, "2.0.0", "Read as a report")
DISABLED = Reply(550, "5.2.1", "The mailbox is disabled")
# A parcel claimed this often without an end may be what kills its workers: first it is filed alone, then never.
SUSPECT, CONDEMNED = 3, 10


class InboxGoneError(Exception):
    """A folder vanished between looking and filing; the next look knows better."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is filed to."""

    address: str
    is_active: bool
    folder_id: int | None
    name: str = INBOX


def deliver(parcels: Sequence[Parcel], owner: str) -> int:
    """File parcels of ours; return how many were settled. A database that is away raises."""
    suspects = [parcel for parcel in parcels if parcel.attempts > SUSPECT]
    others = [parcel for parcel in parcels if parcel.attempts <= SUSPECT]
    settled = _halving(others, owner) if others else 0
    for parcel in suspects:
        if parcel.attempts > CONDEMNED:
            settled += _set_aside(parcel, owner, f"claimed {parcel.attempts} times without an end")
        else:
            settled += _halving([parcel], owner)
    return settled


def _halving(parcels: Sequence[Parcel], owner: str) -> int:
    """File a batch; one that fails is halved until whatever made it fail stands alone and is set aside."""
    try:
        return perform(file(parcels, owner))
    except AWAY:
        raise
    except InboxGoneError:
        perform(services.give_back([parcel.id for parcel in parcels], owner))
        return 0
    except Exception as error:
        if len(parcels) == 1:
            with tracing(parcels[0].trace_id):
                log.exception("parcel set aside", extra={"parcel": parcels[0].id})
            return _set_aside(parcels[0], owner, f"{type(error).__name__}: {error}")
        middle = len(parcels) // 2
        return _halving(parcels[:middle], owner) + _halving(parcels[middle:], owner)


def _set_aside(parcel: Parcel, owner: str, why: str) -> int:
    def plan() -> Plan[int]:
        if not (yield from services.set_aside([parcel.id], owner, why[:1000])):
            return 0
        yield from trace.record([_event(parcel, trace.Kind.POISONED, reason=why[:1000])])
        return 1

    return perform(plan())


def file(parcels: Sequence[Parcel], owner: str) -> Plan[int]:
    """File what has a place, fail what has none, and settle both; only what is still leased to us."""
    places = yield from _places(
        {p.recipient.mailbox_id for p in parcels if p.recipient.mailbox_id is not None}
    )
    outcomes = {parcel.id: _outcome(places.get(parcel.recipient.mailbox_id or 0)) for parcel in parcels}
    ours = yield from services.settle(
        [Settlement(i, outcome, is_logged=isinstance(outcome, Failed)) for i, outcome in outcomes.items()],
        owner,
    )
    delivered = [p for p in parcels if p.id in ours and isinstance(outcomes[p.id], Delivered)]
    yield from incoming.take([_report(p) for p in delivered if _may_be_report(p)])
    read = [p for p in delivered if _is_only_read(p, places[p.recipient.mailbox_id or 0])]
    filed = [p for p in delivered if p not in read]
    targets = yield from _targets(filed, places)
    items = [_content(parcel, target) for parcel, target in zip(filed, targets, strict=True)]
    placed = yield from messages.append(items, enforce_quota=False)
    events = [_event(parcel, trace.Kind.DELIVERED, reply=str(READ)) for parcel in read]
    for parcel, place, target in zip(filed, placed, targets, strict=True):
        if isinstance(place, NoFolder | OverQuota):
            raise InboxGoneError
        events.append(_filed(parcel, place, target.name))
    failed = [p for p in parcels if p.id in ours and isinstance(outcomes[p.id], Failed)]
    events += [_event(p, trace.Kind.FAILED, reply=str(outcomes[p.id].reply)) for p in failed]
    yield from trace.record(events)
    yield from bounce.report(
        [Failure(p, outcome) for p in failed if isinstance(outcome := outcomes[p.id], Failed)],
        now=timezone.now(),
    )
    return len(ours)


def _may_be_report(parcel: Parcel) -> bool:
    return incoming.may_be_report(parcel.recipient.address, parcel.facts)


def _is_only_read(parcel: Parcel, place: Place) -> bool:
    """Whether it came to an address for reports that nobody made a mailbox for: then it is read, and not filed."""
    address = parcel.recipient.address
    return incoming.is_for_reports(address) and incoming.local_of(address) != incoming.local_of(place.address)


def _report(parcel: Parcel) -> incoming.Letter:
    return incoming.Letter(
        parcel.recipient.address,
        parcel.organisation_id,
        parcel.blob_hash,
        parcel.size,
        parcel.trace_id,
        parcel.accepted_at,
    )


def _outcome(place: Place | None) -> Outcome:
    if place is None:
        return Failed(NO_SUCH_USER)
    return Delivered(FILED) if place.is_active else Failed(DISABLED)


def _places(mailbox_ids: Iterable[int]) -> Plan[dict[int, Place]]:
    """Find the mailboxes and their INBOX, which is made where it is missing."""
    wanted = sorted(mailbox_ids)
    rows = yield from query(sql.INBOXES, (wanted,))
    bare = [row[0] for row in rows if row[1] and row[3] is None]
    for mailbox_id in bare:
        yield from folders.ensure_defaults(mailbox_id)
    if bare:
        rows = yield from query(sql.INBOXES, (wanted,))
    return {row[0]: Place(address=row[2], is_active=row[1], folder_id=row[3]) for row in rows}


def _targets(parcels: Sequence[Parcel], places: dict[int, Place]) -> Plan[list[Place]]:
    """Say where each parcel is filed: in the folder for junk, where it was taken as that, else in INBOX."""
    junk: dict[int, Place] = {}
    targets = []
    for parcel in parcels:
        mailbox_id = parcel.recipient.mailbox_id or 0
        place = places[mailbox_id]
        if (parcel.evidence or {}).get("junk"):
            if mailbox_id not in junk:
                folder = yield from folders.ensure_special(mailbox_id, "\\Junk")
                junk[mailbox_id] = replace(place, folder_id=folder.folder_id, name="Junk")
            place = junk[mailbox_id]
        targets.append(place)
    return targets


def _content(parcel: Parcel, place: Place) -> NewMessage:
    return NewMessage(
        organisation_id=parcel.organisation_id,
        mailbox_id=parcel.recipient.mailbox_id or 0,
        folder_id=place.folder_id or 0,
        body=BlobRef(parcel.organisation_id, parcel.blob_hash, parcel.size),
        facts=MessageFacts.of(facts.unpack(parcel.facts)),
        internaldate=int(parcel.accepted_at.timestamp()),
        prefix=headers(parcel.envelope.sender, place.address) + parcel.prefix,
        trace_id=parcel.trace_id,
    )


def headers(sender: str, address: str) -> bytes:
    """Return what final delivery adds on top (RFC 5321 4.4): who sent it, and whose mailbox this is."""
    lines = f"Return-Path: <{_one_line(sender)}>\r\nDelivered-To: {_one_line(address)}\r\n"
    return lines.encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _filed(parcel: Parcel, placed: Placed, folder: str) -> trace.Event:
    return _event(
        parcel,
        trace.Kind.FILED,
        folder=folder,
        uid=placed.uid,
        folder_id=placed.folder_id,
        content_id=placed.content_id,
    )


def _event(parcel: Parcel, kind: trace.Kind, **detail: object) -> trace.Event:
    detail |= {"recipient": parcel.recipient.address}
    if parcel.recipient.mailbox_id is not None:
        detail["mailbox_id"] = parcel.recipient.mailbox_id
    return trace.Event(parcel.trace_id, kind, parcel.organisation_id, detail)
