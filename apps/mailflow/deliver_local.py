"""The courier to our mailboxes: file a batch and settle it, in one transaction.

Because filing and settling commit together, a crash can neither lose nor double local mail. Filing never refuses
for quota: the 250 has been said. A mailbox that was disabled or removed since then fails, and the sender is told.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import django.db
import prometheus_client
import psycopg
from django.utils import timezone

from apps.events import trace
from apps.events.context import tracing
from apps.events.transactions import Plan, perform, query
from apps.protocols.mime.scan import Scanned
from apps.protocols.smtp.replies import NO_SUCH_USER, Reply
from apps.queue import facts, services
from apps.queue.couriers import Delivered, Failed, Outcome, Parcel
from apps.queue.services import Settlement
from apps.reports import incoming
from apps.spam.services import judgements
from apps.store.blobs import BlobRef
from apps.store.flags import NOT_JUNK, Flags
from apps.store.services import folders, messages
from apps.store.values import FolderRef, MessageFacts, NewMessage, NoFolder, OverQuota, Placed

from . import bounce, catching_up, filtering, refile, sorting, sql
from .bounce import Failure
from .sorting import Into

log = logging.getLogger(__name__)

AWAY = (psycopg.OperationalError, django.db.OperationalError, django.db.InterfaceError)
INBOX = "INBOX"
FILED = Reply(250, "2.0.0", "Filed")
READ = Reply(250, "2.0.0", "Read as a report")
DISABLED = Reply(550, "5.2.1", "The mailbox is disabled")
# A parcel claimed this often without an end may be what kills its workers: first it is filed alone, then never.
SUSPECT, CONDEMNED = 3, 10
QUARANTINED = "Quarantined as unwanted mail"

JUDGED = prometheus_client.Counter("mail_judged", "Messages sorted by how they were judged.", ["action"])

type Verdicts = Mapping[int, Mapping[str, Any]]
"""How messages were judged just now, by the id of the queued message."""
NO_VERDICTS: Verdicts = {}


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
    """File parcels of ours; return how many were settled. A database that is away raises.

    What was judged already goes first. Of the rest so much is judged as there is time for; what is left is given back,
    so that new mail need not wait until a backlog is judged.
    """
    suspects = [parcel for parcel in parcels if parcel.attempts > SUSPECT]
    others = [parcel for parcel in parcels if parcel.attempts <= SUSPECT]
    ready = [parcel for parcel in others if not filtering.needs_judging(parcel)]
    settled = _halving(ready, owner) if ready else 0
    if unjudged := [parcel for parcel in others if filtering.needs_judging(parcel)]:
        verdicts, left = catching_up.judge(unjudged)
        taken = [parcel for parcel in unjudged if parcel.message_id not in left]
        settled += _halving(taken, owner, verdicts)
        if left:
            perform(services.give_back([p.id for p in unjudged if p.message_id in left], owner))
    for parcel in suspects:
        if parcel.attempts > CONDEMNED:
            settled += _set_aside(parcel, owner, f"claimed {parcel.attempts} times without an end")
        else:
            settled += _halving([parcel], owner)
    return settled


def _halving(parcels: Sequence[Parcel], owner: str, verdicts: Verdicts = NO_VERDICTS) -> int:
    """File a batch; one that fails is halved until whatever made it fail stands alone and is set aside."""
    try:
        return perform(file(parcels, owner, verdicts))
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
        return _halving(parcels[:middle], owner, verdicts) + _halving(parcels[middle:], owner, verdicts)


def _set_aside(parcel: Parcel, owner: str, why: str) -> int:
    def plan() -> Plan[int]:
        if not (yield from services.set_aside([parcel.id], owner, why[:1000])):
            return 0
        yield from trace.record([_event(parcel, trace.Kind.POISONED, reason=why[:1000])])
        return 1

    return perform(plan())


def file(parcels: Sequence[Parcel], owner: str, verdicts: Verdicts = NO_VERDICTS) -> Plan[int]:
    """File what has a place, hold what is quarantined, fail what has no place, and settle it; only what is ours still.

    `verdicts` are those of messages that were judged just now.
    """
    places = yield from _places(
        {p.recipient.mailbox_id for p in parcels if p.recipient.mailbox_id is not None}
    )
    sorted_ = yield from _sorted(parcels, places, verdicts)
    held = [p for p in parcels if sorted_[p.id].into is Into.HELD]
    kept = yield from services.hold_back([p.id for p in held], owner, QUARANTINED)
    outcomes = {
        parcel.id: _outcome(places.get(parcel.recipient.mailbox_id or 0))
        for parcel in parcels
        if sorted_[parcel.id].into is not Into.HELD
    }
    ours = yield from services.settle(
        [Settlement(i, outcome, is_logged=isinstance(outcome, Failed)) for i, outcome in outcomes.items()],
        owner,
    )
    delivered = [p for p in parcels if p.id in ours and isinstance(outcomes[p.id], Delivered)]
    yield from incoming.take([_report(p) for p in delivered if _may_be_report(p)])
    read = [p for p in delivered if _is_only_read(p, places[p.recipient.mailbox_id or 0])]
    filed = [p for p in delivered if p not in read]
    targets = yield from _targets(filed, places, sorted_)
    scanned = [facts.unpack(parcel.facts) for parcel in filed]
    items = [
        _content(parcel, sorted_[parcel.id], target, found)
        for parcel, target, found in zip(filed, targets, scanned, strict=True)
    ]
    placed = yield from messages.append(items, enforce_quota=False)
    events = [_event(parcel, trace.Kind.DELIVERED, reply=str(READ)) for parcel in read]
    records = [
        sorting.record(p, facts.unpack(p.facts), decided, where=Into.HELD)
        for p in held
        if p.id in kept and (decided := sorted_[p.id].decided) is not None
    ]
    let_go = []
    for parcel, place, target, found in zip(filed, placed, targets, scanned, strict=True):
        if isinstance(place, NoFolder | OverQuota):
            raise InboxGoneError
        one = sorted_[parcel.id]
        events.append(_filed(parcel, place, target.name, one))
        mailbox_id = parcel.recipient.mailbox_id or 0
        if one.was_held:
            let_go.append((mailbox_id, parcel.trace_id, parcel.id, place.content_id))
            if one.is_wanted:
                folder = FolderRef(mailbox_id, place.folder_id)
                yield from refile.set_flags(folder, [(place.uid, place.uid)], add=Flags(NOT_JUNK))
        elif one.decided is not None:
            records.append(
                sorting.record(parcel, found, one.decided, where=one.into, content_id=place.content_id)
            )
    for record in records:
        JUDGED.labels(record.decision.get("action", "")).inc()
    yield from judgements.filed_after_all(let_go)
    yield from judgements.write(records)
    failed = [p for p in parcels if p.id in ours and isinstance(outcomes[p.id], Failed)]
    events += [_event(p, trace.Kind.FAILED, reply=str(outcomes[p.id].reply)) for p in failed]
    events += [
        _event(p, trace.Kind.HELD, reason=QUARANTINED, **sorted_[p.id].told) for p in held if p.id in kept
    ]
    yield from trace.record(events)
    yield from bounce.report(
        [Failure(p, outcome) for p in failed if isinstance(outcome := outcomes[p.id], Failed)],
        now=timezone.now(),
    )
    return len(ours) + len(kept)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where a parcel goes, by what was decided."""

    into: Into
    decided: dict[str, Any] | None = None
    was_held: bool = False
    is_wanted: bool = False
    """Whether whoever let it go said so."""
    told: dict[str, Any] = field(default_factory=dict)


def _sorted(
    parcels: Sequence[Parcel], places: dict[int, Place], verdicts: Verdicts
) -> Plan[dict[int, Sorted]]:
    """Say where each goes. What was quarantined before and is due again was let go by somebody, so it is filed."""
    decided = {parcel.id: sorting.decided_for(parcel, verdicts) for parcel in parcels}
    found = {}
    for parcel in parcels:
        place = places.get(parcel.recipient.mailbox_id or 0)
        one = decided[parcel.id]
        # What cannot be filed fails as it always did.
        into = sorting.into(parcel, one) if place is not None and place.is_active else Into.INBOX
        found[parcel.id] = Sorted(into, one, told=sorting.shown(one, is_new=parcel.verdict is None))
    held = [p for p in parcels if found[p.id].into is Into.HELD]
    before = yield from judgements.held_before([(p.recipient.mailbox_id or 0, p.trace_id) for p in held])
    for parcel in held:
        if parcel.id in before:
            found[parcel.id] = replace(
                found[parcel.id], into=Into.INBOX, was_held=True, is_wanted=before[parcel.id] == "ham"
            )
    return found


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


def _targets(
    parcels: Sequence[Parcel], places: dict[int, Place], found: Mapping[int, Sorted]
) -> Plan[list[Place]]:
    """Say where each parcel is filed: in the folder for junk, where it was taken as that, else in INBOX."""
    junk: dict[int, Place] = {}
    targets = []
    for parcel in parcels:
        mailbox_id = parcel.recipient.mailbox_id or 0
        place = places[mailbox_id]
        if found[parcel.id].into is Into.JUNK:
            if mailbox_id not in junk:
                folder = yield from folders.ensure_special(mailbox_id, "\\Junk")
                junk[mailbox_id] = replace(place, folder_id=folder.folder_id, name="Junk")
            place = junk[mailbox_id]
        targets.append(place)
    return targets


def _content(parcel: Parcel, found: Sorted, place: Place, scanned: Scanned) -> NewMessage:
    """Return what is filed. It bears no $Junk, wherever it goes: that is a person's word, which the filter learns from."""
    return NewMessage(
        organisation_id=parcel.organisation_id,
        mailbox_id=parcel.recipient.mailbox_id or 0,
        folder_id=place.folder_id or 0,
        body=BlobRef(parcel.organisation_id, parcel.blob_hash, parcel.size),
        facts=MessageFacts.of(scanned),
        internaldate=int(parcel.accepted_at.timestamp()),
        prefix=headers(parcel.envelope.sender, place.address)
        + (b"" if found.was_held else sorting.fields(found.decided))
        + parcel.prefix,
        trace_id=parcel.trace_id,
    )


def headers(sender: str, address: str) -> bytes:
    """Return what final delivery adds on top (RFC 5321 4.4): who sent it, and whose mailbox this is."""
    lines = f"Return-Path: <{_one_line(sender)}>\r\nDelivered-To: {_one_line(address)}\r\n"
    return lines.encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _filed(parcel: Parcel, placed: Placed, folder: str, found: Sorted) -> trace.Event:
    return _event(
        parcel,
        trace.Kind.FILED,
        **found.told,
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
