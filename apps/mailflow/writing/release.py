"""What was held leaves: let go by the clock, by its author's impatience, or given back as a draft."""

import datetime as dt
import logging
from uuid import UUID

from django.db import transaction

from apps.events import trace
from apps.events.transactions import Plan, Run, perform, query
from apps.mailboxes.models import Mailbox
from apps.mailboxes.queries import Reachable
from apps.mailflow import holding, signing, submit
from apps.mailflow.models import Draft, SenderHold, Sending
from apps.mailflow.run_queue import Turn
from apps.organisations.errors import NotFoundError
from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime.scan import scan
from apps.queue import services as queue
from apps.store import blobs
from apps.store.blobs import BlobRef
from apps.store.flags import ANSWERED, FORWARDED, SEEN, Flags
from apps.store.services import messages
from apps.store.sql import locks
from apps.store.values import FolderRef, MessageFacts, NewMessage, Placed

from . import drafts, reading, sql
from .fields import FORWARDED as FORWARD
from .fields import Answers, Fields

log = logging.getLogger(__name__)

SENT = "\\Sent"
AT_ONCE = 50
KEPT = dt.timedelta(hours=24)


class FolderGoneError(Exception):
    """A folder vanished between looking and filing; the next turn knows better."""


def release_due(turn: Turn, *, now: dt.datetime) -> int:
    """Let go what is due until nothing is, or the turn is over; return how much was."""
    released = 0
    tried: set[UUID] = set()
    while turn.may_claim():
        due = Sending.objects.filter(state=Sending.State.HELD, until__lte=now).exclude(id__in=tried)
        due = due.exclude(user_id__in=SenderHold.objects.filter(ended_at=None).values("user_id"))
        ids = list(due.order_by("until").values_list("id", flat=True)[:AT_ONCE])
        if not ids:
            break
        for sending_id in ids:
            tried.add(sending_id)
            try:
                released += release(sending_id, now)
            except Exception:
                # One that cannot leave keeps none of the others, and is tried again in the next turn.
                log.exception("letter not released", extra={"sending": str(sending_id)})
    return released


def release(sending_id: UUID, now: dt.datetime) -> bool:
    """Let one letter go if it is due; False if it is not, or not any more."""
    with transaction.atomic():
        # Whoever recalls it has the row; then there is nothing to do.
        locked = Sending.objects.select_for_update(no_key=True, skip_locked=True)
        sending = locked.filter(id=sending_id, state=Sending.State.HELD, until__lte=now).first()
        if sending is None:
            return False
        if perform(holding.is_held(sending.user_id)):
            return False  # It stays where it is until somebody has decided about its author.
        place = _own_place(sending)
        if not perform(may_leave(sending)):
            # Its author was switched off, or may write as this address no longer: nothing leaves in their name.
            back(sending, place, now)
            log.warning("letter not sent for its author", extra={"user": sending.user_id})
            return False
        let_go(sending, place, now)
    return True


def may_leave(sending: Sending) -> Plan[bool]:
    """Whether its author still may send it."""
    [(is_let_in,)] = yield from query(sql.IS_LET_IN, (sending.user_id,))
    try:
        address = Address.parse(sending.sender, forgiving=True)
    except AddressError:
        return False
    return is_let_in and (yield from submit.is_theirs(sending.user_id, address))


def _own_place(sending: Sending) -> Reachable:
    """Return the letter's mailbox; one its author cannot reach any more is filed into all the same."""
    try:
        return reading.reach(sending.user_id, sending.mailbox_id, "write")
    except NotFoundError:
        mailbox = Mailbox.objects.select_related("domain").get(id=sending.mailbox_id)
        return Reachable(
            mailbox.id,
            mailbox.domain.organisation_id,
            str(mailbox),
            is_own=False,
            rights=frozenset(),
            private_seen=mailbox.private_seen,
        )


def let_go(sending: Sending, place: Reachable, now: dt.datetime) -> None:
    """Let a locked letter go: into the queue, into Sent, and onto the message it answers."""
    perform(_let_go(sending, place, _marked(sending), now))
    sending.state, sending.finished_at = Sending.State.RELEASED, now
    sending.fields, sending.story, sending.upload_ids, sending.blob_hash = {}, {}, [], b""
    sending.save()


def _marked(sending: Sending) -> Answers | None:
    """Return the message it answers, if its author may mark it: a letter names whatever its author likes."""
    answers = Fields.from_json(sending.fields).answers
    if answers is None:
        return None
    try:
        reading.reach(sending.user_id, answers.mailbox_id, "write")
    except NotFoundError:
        return None
    return answers


def _let_go(sending: Sending, place: Reachable, answers: Answers | None, now: dt.datetime) -> Plan[None]:
    ref = BlobRef(sending.organisation_id, bytes(sending.blob_hash), sending.size)
    data = yield from blobs.get(ref)
    sent_id = yield from drafts.special_folder(place.mailbox_id, SENT)
    places: list[tuple[int, int]] = []
    if answers is not None:
        places = list((yield from query(sql.PLACES, (answers.mailbox_id, answers.content_id))))
    yield Run(locks.LOCK_FOLDERS, [sorted({sent_id, *(folder_id for folder_id, _ in places)})])
    item = NewMessage(
        organisation_id=sending.organisation_id,
        mailbox_id=place.mailbox_id,
        folder_id=sent_id,
        body=ref,
        facts=MessageFacts.of(scan(data)),
        internaldate=int(now.timestamp()),
        flags=Flags(0 if place.private_seen else SEEN),
        seen_by=sending.user_id if place.private_seen else 0,
        trace_id=sending.trace_id,
    )
    # What was sent is kept, full mailbox or not: it has left.
    [placed] = yield from messages.append([item], enforce_quota=False)
    if not isinstance(placed, Placed):
        raise FolderGoneError
    if answers is not None:
        mark = Flags(FORWARDED if answers.how == FORWARD else ANSWERED)
        for folder_id, uid in places:
            yield from messages.set_flags(FolderRef(answers.mailbox_id, folder_id), [(uid, uid)], add=mark)
    # Signed now and not when it was written: a key lives for months, and a letter may wait for a year. That the copy
    # here has Bcc, and what leaves has not, makes no difference: it is no field that is signed.
    fields = yield from signing.signed(data, signing.domains_of(data), now)
    yield from queue.add_to_prefix(sending.queued_ids, fields)
    yield from queue.let_go(sending.queued_ids)
    told = sending.story
    yield from trace.record(
        [
            trace.Event(
                sending.trace_id,
                trace.Kind.ACCEPTED,
                told["organisation_id"],
                told["detail"],
                tuple(told["keys"]),
            )
        ]
    )


def back(sending: Sending, place: Reachable, now: dt.datetime, *, keep: bool = True) -> bool:
    """Take a locked letter back from the queue, and make it a draft again if it is to be kept.

    False, and nothing is done, when the queue has let some of it go.
    """
    if not perform(queue.withdraw(sending.queued_ids)):
        return False
    if keep:
        fields = Fields.from_json(sending.fields)
        draft = Draft(
            id=sending.draft_id,
            user_id=sending.user_id,
            mailbox_id=sending.mailbox_id,
            fields=sending.fields,
            upload_ids=fields.upload_ids,
            message_id=sending.message_id,
            updated_at=now,
        )
        draft.save(force_insert=True)
        drafts.place_message(draft, place, now)
    sending.state, sending.finished_at = Sending.State.RECALLED, now
    sending.fields, sending.story, sending.upload_ids, sending.blob_hash = {}, {}, [], b""
    sending.save()
    return True


def forget(*, now: dt.datetime) -> int:
    """Remove what left, or was recalled, longer than a day ago; return how many."""
    return Sending.objects.filter(finished_at__lte=now - KEPT).delete()[0]
