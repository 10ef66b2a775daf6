"""An invitation as calendars send it (RFC 5545, RFC 5546): the little of it that a reader wants to know.

It never raises, and reads the first event alone; what repeats is left to a calendar.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

LONGEST = 256 * 1024
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"([A-Za-z0-9-]{1,60})((?:;[A-Za-z0-9-]{1,60}=(?:\"[^\"]*\"|[^;:\",]*)(?:,[^;:]*)?)*):(.*)"
)
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=(?:\"([^\"]*)\"|([^;:]*))")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: in UTC, in the zone of a name, or by the clock of wherever one is; or a whole day."""

    at: datetime | date
    zone: str = ""
    """'UTC', the name of a zone, or empty."""

    @property
    def is_day(self) -> bool:
        """Whether it is a day and no hour."""
        return not isinstance(self.at, datetime)


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody is invited to."""

    summary: str
    location: str
    organizer: str
    start: Moment
    end: Moment | None
    repeats: bool
    is_cancelled: bool


def read(text: str) -> Event | None:
    """Return the first event of a calendar, or None where there is none that begins at some time."""
    lines = _FOLD.sub("", text[:LONGEST]).splitlines()
    method, inside, depth = "", False, 0
    found: dict[str, tuple[dict[str, str], str]] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, value = match[1].upper(), match[3]
        if name in {"BEGIN", "END"}:
            what = value.strip().upper()
            if what == "VEVENT":
                if name == "END":
                    break
                inside = True
            elif inside:
                depth += 1 if name == "BEGIN" else -1
        elif inside and depth == 0:
            found.setdefault(name, (_parameters(match[2]), value))
        elif name == "METHOD":
            method = value.strip().upper()
    start = _moment(found.get("DTSTART"))
    if start is None:
        return None
    return Event(
        summary=_text(found, "SUMMARY"),
        location=_text(found, "LOCATION"),
        organizer=_organizer(found.get("ORGANIZER")),
        start=start,
        end=_end(found, start),
        repeats="RRULE" in found,
        is_cancelled=method == "CANCEL" or _text(found, "STATUS").upper() == "CANCELLED",
    )


def _parameters(text: str) -> dict[str, str]:
    return {name.upper(): quoted or plain for name, quoted, plain in _PARAMETER.findall(text)}


def _text(found: dict[str, tuple[dict[str, str], str]], name: str) -> str:
    value = found.get(name, ({}, ""))[1]
    return _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], value).strip()[:500]


def _organizer(field: tuple[dict[str, str], str] | None) -> str:
    if field is None:
        return ""
    parameters, value = field
    address = value.strip()
    if address.lower().startswith("mailto:"):
        address = address[len("mailto:") :]
    return (parameters.get("CN", "").strip() or address)[:200]


def _moment(field: tuple[dict[str, str], str] | None) -> Moment | None:
    if field is None:
        return None
    parameters, value = field
    match = _MOMENT.fullmatch(value.strip())
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return Moment(day)
        # A leap second is the second before it.
        hour = datetime.combine(day, time(int(match[4]), int(match[5]), min(int(match[6]), 59)))
    except ValueError:
        return None
    return Moment(hour, "UTC" if match[7] else parameters.get("TZID", "")[:100])


def _end(found: dict[str, tuple[dict[str, str], str]], start: Moment) -> Moment | None:
    end = _moment(found.get("DTEND"))
    if end is None:
        return None
    first, last = start.at, end.at
    if isinstance(first, datetime) and isinstance(last, datetime):
        return None if end.zone == start.zone and last < first else end
    if isinstance(first, datetime) or isinstance(last, datetime):
        return None
    # It names the day after the last.
    return Moment(max(first, last - timedelta(days=1))) if last > first else None
