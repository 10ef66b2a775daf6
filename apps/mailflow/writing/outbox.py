"""What waits to leave, and what its author may still do about it: recall, throw away, send now."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.events.transactions import perform
from apps.mailflow.models import Sending
from apps.organisations.errors import NotFoundError
from apps.protocols.mime.letter import Person

from . import reading, release
from .checks import NotSent, Reason
from .fields import Fields


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits."""

    id: UUID
    draft_id: UUID
    mailbox_id: int
    until: dt.datetime
    scheduled: bool
    to: tuple[Person, ...]
    subject: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """The letter was not sent; `draft_id` is the draft it is again, None if it was thrown away."""

    draft_id: UUID | None


@dataclass(frozen=True, slots=True)
class TooLate:
    """The letter has left."""


def outbox(user_id: int) -> tuple[Waiting, ...]:
    """Return what waits, the next to leave first."""
    held = Sending.objects.filter(user_id=user_id, state=Sending.State.HELD).order_by("until", "id")
    return tuple(map(_waiting, held))


def _waiting(sending: Sending) -> Waiting:
    fields = Fields.from_json(sending.fields)
    return Waiting(
        sending.id,
        sending.draft_id,
        sending.mailbox_id,
        sending.until,
        sending.scheduled,
        fields.recipients,
        fields.subject,
    )


def recall(*, user_id: int, sending_id: UUID, now: dt.datetime) -> Recalled | TooLate:
    """Make a letter that waits the draft it was; said twice, it is one draft. NotFoundError for none of yours."""
    return _take_back(user_id, sending_id, now, keep=True)


def cancel(*, user_id: int, sending_id: UUID, now: dt.datetime) -> Recalled | TooLate:
    """Throw away a letter that waits. NotFoundError for none of yours."""
    return _take_back(user_id, sending_id, now, keep=False)


def _take_back(user_id: int, sending_id: UUID, now: dt.datetime, *, keep: bool) -> Recalled | TooLate:
    with transaction.atomic():
        sending = _locked(user_id, sending_id)
        if sending.state == Sending.State.RECALLED:
            return Recalled(sending.draft_id if keep else None)
        place = reading.reach(user_id, sending.mailbox_id, "write")
        if sending.state == Sending.State.RELEASED or not release.back(sending, place, now, keep=keep):
            return TooLate()
    return Recalled(sending.draft_id if keep else None)


def send_now(*, user_id: int, sending_id: UUID, now: dt.datetime) -> TooLate | NotSent | None:
    """Let a letter go at once. NotFoundError for none of yours."""
    with transaction.atomic():
        sending = _locked(user_id, sending_id)
        if sending.state != Sending.State.HELD:
            return TooLate()
        if not perform(release.may_leave(sending)):
            return NotSent(Reason.SENDER_NOT_YOURS, (sending.sender,))
        release.let_go(sending, reading.reach(user_id, sending.mailbox_id, "write"), now)
    return None


def _locked(user_id: int, sending_id: UUID) -> Sending:
    """Return a letter, locked: a release that has it is waited for, and has won."""
    found = Sending.objects.select_for_update(no_key=True).filter(id=sending_id, user_id=user_id).first()
    if found is None:
        raise NotFoundError("there is no such letter")
    return found
