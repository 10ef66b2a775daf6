"""Dates as IMAP writes them: `1-Feb-1994` and ` 7-Feb-1994 22:43:04 -0800` (RFC 3501 9)."""

import datetime as dt
import re

from .errors import ProtocolError

MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_NUMBER = {name.upper(): number for number, name in enumerate(MONTHS, 1)}
_DAY = re.compile(rb"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})")
_MOMENT = re.compile(
    rb" ?([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"
)


def read_day(data: bytes) -> dt.date:
    """Read a date."""
    if (match := _DAY.fullmatch(data)) is None or (month := _NUMBER.get(match[2].upper())) is None:
        raise ProtocolError("Invalid date")
    try:
        return dt.date(int(match[3]), month, int(match[1]))
    except ValueError:
        raise ProtocolError("Invalid date") from None


def read_moment(data: bytes) -> int:
    """Read a date with time and zone; return seconds since 1970."""
    if (match := _MOMENT.fullmatch(data)) is None or (month := _NUMBER.get(match[2].upper())) is None:
        raise ProtocolError("Invalid date and time")
    offset = dt.timedelta(hours=int(match[8]), minutes=int(match[9]))
    if int(match[8]) > 23 or int(match[9]) > 59:
        raise ProtocolError("Invalid time zone")
    try:
        moment = dt.datetime(
            int(match[3]),
            month,
            int(match[1]),
            int(match[4]),
            int(match[5]),
            min(int(match[6]), 59),  # A leap second has no number of its own since 1970.
            tzinfo=dt.timezone(offset if match[7] == b"+" else -offset),
        )
        # What its zone pushes out of the years 1 to 9999 of UTC could be kept, but never be written again.
        return int(moment.astimezone(dt.UTC).timestamp())
    except (ValueError, OverflowError):
        raise ProtocolError("Invalid date and time") from None


def write_moment(seconds: int) -> bytes:
    """Write a moment in UTC, without quotes."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return b"%2d-%b-%04d %02d:%02d:%02d +0000" % (
        moment.day,
        MONTHS[moment.month - 1],
        moment.year,
        moment.hour,
        moment.minute,
        moment.second,
    )
