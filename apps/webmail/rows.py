"""A message as a row on the page: the same for the template and for the list that takes over from it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from apps.store.message_rows import MessageRow, moment

from .naming import is_shown

MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A row; `uids` are the messages of the folder it stands for, `count` those of its conversation everywhere.

    A thread's number is a text, for it has more digits than a browser's numbers.
    """

    content: int
    folder: int
    uid: int
    uids: tuple[int, ...]
    thread: str
    count: int
    who: str
    address: str
    subject: str
    preview: str
    at: int
    unread: int
    starred: bool
    answered: bool
    forwarded: bool
    draft: bool
    attachment: bool
    labels: tuple[str, ...]

    @property
    def when(self) -> str:
        """When it came, as short as today allows."""
        return short_date(moment(self.at), timezone.now())

    @property
    def exact(self) -> str:
        """When it came, in full."""
        return date_format(timezone.localtime(moment(self.at)), "l, j F Y, H:i T")

    @property
    def iso(self) -> str:
        """When it came, for machines."""
        return moment(self.at).isoformat()


def line(row: MessageRow, *, recipients: bool = False) -> Line:
    """Make a row; with `recipients` it says whom the message is for."""
    people = row.to if recipients else (row.sender,)
    return Line(
        content=row.content_id,
        folder=row.folder_id,
        uid=row.uid,
        uids=row.uids,
        thread=str(row.thread_id),
        count=max(row.in_thread, len(row.uids)),
        who=", ".join(filter(None, map(str, people[:MOST_NAMES]))),
        address=people[0].address if people else "",
        subject=row.subject,
        preview=row.preview,
        at=row.received,
        unread=row.unread,
        starred=row.is_starred,
        answered=row.is_answered,
        forwarded=row.is_forwarded,
        draft=row.is_draft,
        attachment=row.has_attachment,
        labels=tuple(filter(is_shown, row.keywords)),
    )


def lines(rows: Iterable[MessageRow], recipients_in: frozenset[int]) -> list[Line]:
    """Make rows; those of the folders named say whom they are for."""
    return [line(row, recipients=row.folder_id in recipients_in) for row in rows]


def as_json(made: Iterable[Line]) -> list[dict[str, Any]]:
    """Return rows as the list island reads them."""
    return [asdict(one) for one in made]


def short_date(then: datetime, now: datetime) -> str:
    """Write a time today as a clock's, this year's as a day and month, and any other as a date."""
    local, today = timezone.localtime(then), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, "H:i")
    return date_format(local, "j M" if local.year == today.year else "Y-m-d")
