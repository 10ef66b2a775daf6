"""Sending, with time to think again: the server holds what was sent until it is due, whoever closes which window.

Everything is asked and refused when Send is pressed. What passes is queued in state HELD by the transaction that removes
the draft, so a crash leaves either the draft or the held letter. When it is due, one transaction lets the queue have it,
files the copy in Sent and marks the message it answers; a recall is one transaction, too, and both lock the letter's row
first. So it can be recalled until it is let go, and not a moment longer; and what is recalled was never in Sent.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.events import trace
from apps.events.transactions import perform
from apps.mailflow import acceptance, holding
from apps.mailflow.acceptance import Arrival
from apps.mailflow.models import Draft, Sending
from apps.organisations.errors import NotFoundError
from apps.protocols.addresses import AddressError
from apps.protocols.mime.dates import format_date
from apps.protocols.mime.letter import Letter, Person
from apps.protocols.mime.scan import Scanned
from apps.protocols.mime.writing import write
from apps.queue.envelopes import Envelope
from apps.queue.models import Origin
from apps.store import blobs

from . import checks, correspondents, drafts, identities, reading, release, uploads
from .checks import NotSent, Reason
from .fields import Fields, address_of

SHOWN = dt.timedelta(seconds=10)
MARGIN = dt.timedelta(seconds=5)
HOLD = SHOWN + MARGIN
"""The undo is shown for ten seconds and works for five more: a click in the last moment still counts."""
MAX_HOLD = dt.timedelta(seconds=60) + MARGIN
SOONEST, LATEST = dt.timedelta(seconds=60), dt.timedelta(days=366)
REMEMBERED = dt.timedelta(hours=24)
KEY_LIMIT = 200
HELD_WORDS = "held until its author can no longer recall it"


@dataclass(frozen=True, slots=True)
class Sent:
    """It is on its way, and can be recalled until it leaves at `until`; `draft_id` is what it would be again."""

    id: UUID
    until: dt.datetime
    draft_id: UUID
    scheduled: bool = False
    is_held: bool = True
    is_recalled: bool = False
    """It was taken back: said to who sends the same once more under its key, for whom nothing is sent."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A letter that passed everything that can be asked before the transaction."""

    body: bytes
    copy: bytes
    scanned: Scanned
    arrival: Arrival


def send(
    *,
    user_id: int,
    mailbox_id: int,
    fields: Fields,
    now: dt.datetime,
    draft_id: UUID | None = None,
    revision: int | None = None,
    hold: dt.timedelta = HOLD,
    idempotency_key: str = "",
    peer: str = "",
) -> Sent | NotSent:
    """Send a letter after `hold`, in which it can be recalled; no hold sends it at once.

    The draft it was, if there is one, goes with it: `revision` refuses to send what somebody else changed meanwhile.
    The same key, or the same draft, within a day is the same letter and gets the same answer. NotFoundError for a
    mailbox or draft that is not yours.
    """
    hold = max(dt.timedelta(), min(hold, MAX_HOLD))
    return _send(user_id, mailbox_id, fields, now, now + hold, draft_id, revision, idempotency_key, peer)


def send_later(
    *,
    user_id: int,
    mailbox_id: int,
    fields: Fields,
    at: dt.datetime,
    now: dt.datetime,
    draft_id: UUID | None = None,
    revision: int | None = None,
    idempotency_key: str = "",
    peer: str = "",
) -> Sent | NotSent:
    """Send a letter at a time of the user's choice: a minute to a year from now."""
    if not now + SOONEST <= at:
        return NotSent(Reason.TOO_SOON)
    if at > now + LATEST:
        return NotSent(Reason.TOO_LATE)
    return _send(
        user_id, mailbox_id, fields, now, at, draft_id, revision, idempotency_key, peer, scheduled=True
    )


def _send(
    user_id: int,
    mailbox_id: int,
    fields: Fields,
    now: dt.datetime,
    until: dt.datetime,
    draft_id: UUID | None,
    revision: int | None,
    key: str,
    peer: str,
    *,
    scheduled: bool = False,
) -> Sent | NotSent:
    place = reading.reach(user_id, mailbox_id, "write")
    key = key[:KEY_LIMIT]
    if (before := _before(user_id, key, draft_id, fields, now)) is not None:
        return before
    draft = Draft.objects.filter(id=draft_id, user_id=user_id).first() if draft_id else None
    if draft is None and draft_id is not None and Draft.objects.filter(id=draft_id).exists():
        raise NotFoundError("there is no such draft")
    ready = _prepare(user_id, fields, now, until, draft, peer, scheduled=scheduled)
    if isinstance(ready, NotSent):
        return ready
    # A letter of a misused account stays in its outbox (see `release`), and is judged where it arrives.
    holding.look(user_id, [recipient.address for recipient in ready.arrival.recipients], now)
    prepared = acceptance.prepare([(ready.arrival, None)])
    copy = blobs.prepare([(place.organisation_id, ready.copy)])[0]
    with transaction.atomic():
        # The user's row: of two who send the same at once, the second waits and is told what the first did.
        drafts.lock_user(user_id)
        if (before := _before(user_id, key, draft_id, fields, now)) is not None:
            return before
        if draft_id is not None:
            gone = _take_draft(user_id, draft_id, revision)
            if gone is not None:
                return gone
        if (refusal := checks.within_rate(user_id, len(ready.arrival.recipients))) is not None:
            transaction.set_rollback(True)
            return refusal
        queued = perform(acceptance.keep(prepared))
        perform(blobs.insert([copy]))
        sending = Sending.objects.create(
            user_id=user_id,
            mailbox_id=mailbox_id,
            until=until,
            scheduled=scheduled,
            key=key or None,
            fingerprint=fields.fingerprint,
            draft_id=draft_id or uuid4(),
            fields=fields.to_json(),
            upload_ids=fields.upload_ids,
            sender=ready.arrival.envelope.sender,
            message_id=ready.scanned.message_id,
            trace_id=ready.arrival.trace_id,
            story=_story(prepared[0].event),
            queued_ids=queued,
            organisation_id=place.organisation_id,
            blob_hash=copy.ref.hash,
            size=copy.ref.size,
            created_at=now,
        )
        perform(correspondents.count_sent(user_id, fields.recipients, now))
    if until <= now:
        # A transaction of its own, for the order of its locks; should we die here, the clock does it.
        release.release(sending.id, now)
        sending.refresh_from_db()
    return _sent(sending)


def _story(event: trace.Event) -> dict[str, Any]:
    return {"organisation_id": event.organisation_id, "detail": dict(event.detail), "keys": list(event.keys)}


def _before(
    user_id: int, key: str, draft_id: UUID | None, fields: Fields, now: dt.datetime
) -> Sent | NotSent | None:
    """Return what was answered when this was sent before."""
    mine = Sending.objects.filter(user_id=user_id)
    if key and (found := mine.filter(key=key).first()) is not None:
        if found.created_at <= now - REMEMBERED and found.state != Sending.State.HELD:
            mine.filter(id=found.id).update(key=None)
        elif bytes(found.fingerprint) != fields.fingerprint:
            return NotSent(Reason.KEY_USED)
        else:
            return _sent(found)
    if draft_id is not None:
        again = mine.filter(draft_id=draft_id).exclude(state=Sending.State.RECALLED).first()
        if again is not None:
            # In another window its author wrote on: to hear that it was sent would lose what they wrote.
            return (
                _sent(again) if bytes(again.fingerprint) == fields.fingerprint else NotSent(Reason.DRAFT_GONE)
            )
    return None


def _sent(sending: Sending) -> Sent:
    return Sent(
        sending.id,
        sending.until,
        sending.draft_id,
        sending.scheduled,
        is_held=sending.state == Sending.State.HELD,
        is_recalled=sending.state == Sending.State.RECALLED,
    )


def _prepare(
    user_id: int,
    fields: Fields,
    now: dt.datetime,
    until: dt.datetime,
    draft: Draft | None,
    peer: str,
    *,
    scheduled: bool,
) -> _Ready | NotSent:
    """Ask everything, and write the message: as it leaves, and as its author keeps it."""
    if isinstance(to := checks.recipients(fields), NotSent):
        return to
    author = fields.author if fields.author.address else identities.default(user_id)
    if (address := address_of(author)) is None:
        return NotSent(Reason.SENDER_NOT_YOURS, (author.address,))
    files = uploads.attachments(user_id=user_id, files=fields.files)
    if files is None:
        return NotSent(Reason.FILE_GONE)
    letter = fields.letter(Person(str(address), author.name), files)
    message_id = draft.message_id if draft and draft.message_id else drafts.new_message_id(str(address))
    written = _written(letter, checks.sent_date(now, until, scheduled=scheduled), message_id)
    if isinstance(written, NotSent):
        return written
    body, copy = written
    if isinstance(scanned := checks.judged(body), NotSent):
        return scanned
    if (refusal := checks.author(user_id, address, body)) is not None:
        return refusal
    user = User.objects.get(id=user_id)
    trace_id = uuid4()
    routed = checks.routed(
        address, to, organisation_id=user.organisation_id, size=len(body), trace_id=trace_id
    )
    if isinstance(routed, NotSent):
        return routed
    recipients = tuple(routed.places.values())
    arrival = Arrival(
        trace_id=trace_id,
        origin=Origin.SUBMISSION,
        envelope=Envelope(
            str(address),
            smtputf8=not all(map(str.isascii, [str(address), *(r.address for r in recipients)])),
            eight_bit=not body.isascii(),
        ),
        recipients=recipients,
        body=body,
        prefix=_received(trace_id, until),
        # From here the queue counts for how long it tries.
        received_at=until,
        scanned=scanned,
        trace={"login": user.address, "door": "web"}
        | ({"peer": peer} if peer else {})
        | ({"until": until.isoformat()} if until > now else {}),
        written=routed.written,
        held=HELD_WORDS,
    )
    return _Ready(body, copy, scanned, arrival)


def _written(letter: Letter, date: dt.datetime, message_id: str) -> tuple[bytes, bytes] | NotSent:
    try:
        body = write(letter, now=date, message_id=message_id)
        copy = write(letter, now=date, message_id=message_id, keep_bcc=True) if letter.bcc else body
    except AddressError:
        return NotSent(Reason.BAD_ADDRESS)
    except ValueError:  # A Message-ID another program gave the draft, which cannot be written.
        return _written(letter, date, drafts.new_message_id(letter.author.address))
    return body, copy


def _received(trace_id: UUID, when: dt.datetime) -> bytes:
    """Return the trace header of a letter written here; from where its author wrote is nobody's business."""
    return b"Received: by %b with HTTP id %b;\r\n\t%b\r\n" % (
        settings.MAIL_HOSTNAME.encode(),
        trace_id.hex.encode(),
        format_date(when),
    )


def _take_draft(user_id: int, draft_id: UUID, revision: int | None) -> NotSent | None:
    """Remove the draft with its message; say so if it is not the one that was sent."""
    draft = Draft.objects.select_for_update(no_key=True).filter(id=draft_id, user_id=user_id).first()
    if draft is None:
        # Never saved, which is no fault; or thrown away in another window.
        return NotSent(Reason.DRAFT_GONE) if revision else None
    if revision is not None and draft.revision != revision:
        return NotSent(Reason.STALE)
    perform(drafts.remove_message(draft))
    draft.delete()
    return None
