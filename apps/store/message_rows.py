"""A message as a row of a list: everything to show it without opening it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.protocols.imap import envelope as wire

from .flags import ANSWERED, DRAFT, FIRST_KEYWORD_BIT, FLAGGED, FORWARDED, SEEN, names_of

MOST_RECIPIENTS = 5


_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    """Return a moment that every zone's calendar has: the nearest, for a Date field may say what it likes."""
    return datetime.fromtimestamp(max(_FIRST.timestamp(), min(seconds, _LAST.timestamp())), UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """A name, perhaps empty, and an address."""

    name: str
    address: str

    def __str__(self) -> str:
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class MessageRow:
    r"""A message in a folder; `content_id` is its id everywhere.

    `date` is that of its Date field, or else when it came. `in_thread` counts its conversation up to a hundred,
    itself included, without Trash and Junk; 0 means it was not asked for. In a list of conversations `uids` are the
    messages of this folder the row stands for, newest first, and `unread` says how many of them are not read.
    """

    content_id: int
    folder_id: int
    uid: int
    modseq: int
    thread_id: int
    in_thread: int
    sender: Person
    to: tuple[Person, ...]
    subject: str
    date: int
    received: int
    size: int
    preview: str
    flags: int
    keywords: tuple[str, ...]
    has_attachment: bool
    uids: tuple[int, ...]
    unread: int

    @property
    def is_read(self) -> bool:
        """Whether all it stands for is read."""
        return self.unread == 0

    @property
    def is_starred(self) -> bool:
        """Whether the message is flagged."""
        return bool(self.flags & FLAGGED)

    @property
    def is_answered(self) -> bool:
        """Whether it was answered."""
        return bool(self.flags & ANSWERED)

    @property
    def is_forwarded(self) -> bool:
        """Whether it was forwarded."""
        return bool(self.flags & FORWARDED)

    @property
    def is_draft(self) -> bool:
        """Whether it is being written."""
        return bool(self.flags & DRAFT)


def row_of(row: Sequence[Any], keywords: Mapping[int, str], *, flags: int | None = None) -> MessageRow:
    """Make a row of what `sql.lists` selects; `flags` are given where the reader has read marks of their own."""
    (folder_id, uid, modseq, stored, more, received, size, content_id, thread_id, sent, attached, subject,
     from_addr, to_addr, preview, envelope, in_thread) = row[:17]  # fmt: skip
    mask = stored if flags is None else flags
    senders = wire.people(envelope, "from", 1) if envelope is not None else []
    to = wire.people(envelope, "to", MOST_RECIPIENTS) if envelope is not None else []
    labels = names_of(mask & ~((1 << FIRST_KEYWORD_BIT) - 1), keywords, more)
    return MessageRow(
        content_id=content_id,
        folder_id=folder_id,
        uid=uid,
        modseq=modseq,
        thread_id=thread_id,
        in_thread=in_thread,
        sender=Person(*senders[0]) if senders else Person("", from_addr),
        to=tuple(Person(*each) for each in to) or ((Person("", to_addr),) if to_addr else ()),
        subject=subject,
        date=received if sent is None else sent,
        received=received,
        size=size,
        preview=preview,
        flags=mask,
        keywords=tuple(labels),
        has_attachment=attached,
        uids=(uid,),
        unread=int(not mask & SEEN),
    )
