"""An invitation as a card above its message: what, when in the reader's time and in the sender's, where, and by whom."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.pages.zones import zone_of
from apps.protocols import ical
from apps.protocols.ical import Event, Moment
from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.charsets import decode
from apps.store.contents import StoredMessage

DAY, CLOCK, DASH = "l, j F Y", "H:i", "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the card says; `theirs` is the time by the sender's clock, where it is another."""

    summary: str
    when: str
    theirs: str
    where: str
    organizer: str
    repeats: bool
    is_cancelled: bool


def invitation_of(message: StoredMessage) -> Invitation | None:
    """Return the invitation a message brings, or None."""
    part = next((each for each in message.outline.walk() if each.media_type == "text/calendar"), None)
    if part is None:
        return None
    event = ical.read(storable(decode(message.head(part, ical.LONGEST), part.charset)))
    if event is None:
        return None
    return Invitation(
        event.summary or _("Without a title"),
        _span(event, here=True),
        _theirs(event),
        event.location,
        event.organizer,
        event.repeats,
        event.is_cancelled,
    )


def _theirs(event: Event) -> str:
    there = _local(event.start, here=False)
    here = _local(event.start, here=True)
    if not isinstance(there, datetime) or not isinstance(here, datetime) or not there.tzinfo:
        return ""
    if event.start.zone == "UTC" or there.replace(tzinfo=None) == here.replace(tzinfo=None):
        return ""
    return _span(event, here=False)


def _span(event: Event, *, here: bool) -> str:
    """Write from when to when, the day once if it is one."""
    start, end = _local(event.start, here=here), _local(event.end, here=here) if event.end else None
    if not isinstance(start, datetime):
        first = date_format(start, DAY)
        return f"{first} {DASH} {date_format(end, DAY)}" if end and end != start else first
    text = f"{date_format(start, DAY)}, {date_format(start, CLOCK)}"
    if isinstance(end, datetime) and end != start:
        is_same_day = end.date() == start.date()
        text += f" {DASH} {date_format(end, CLOCK if is_same_day else f'{DAY}, {CLOCK}')}"
    return f"{text} {start.tzname()}" if start.tzinfo else text


def _local(moment: Moment, *, here: bool) -> datetime | date:
    """Return a time by the reader's clock or by the sender's; one of a zone nobody knows is as it was written."""
    at = moment.at
    if not isinstance(at, datetime):
        return at
    zone = UTC if moment.zone == "UTC" else zone_of(moment.zone)
    if zone is None:
        return at
    known = at.replace(tzinfo=zone)
    try:
        return timezone.localtime(known) if here else known
    except OverflowError:
        return known
