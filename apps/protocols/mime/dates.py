"""The Date field, as it is really written (RFC 5322 3.3 and 4.3)."""

import datetime as dt
import re

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
# Hours west of Greenwich are negative. Military letters mean nothing (RFC 5322 4.3).
_ZONES = {
    b"est": -5, b"edt": -4, b"cst": -6, b"cdt": -5, b"mst": -7, b"mdt": -6, b"pst": -8, b"pdt": -7,
    b"ast": -4, b"adt": -3, b"bst": 1, b"cet": 1, b"met": 1, b"cest": 2, b"mest": 2, b"eet": 2, b"eest": 3,
    b"msk": 3, b"jst": 9, b"kst": 9, b"aest": 10, b"aedt": 11,
}  # fmt: skip
_TIME = rb"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:\.\d{1,9})?"
_ZONE = rb"(?:(?:GMT|UTC?)?([+-]\d{1,4}(?::\d\d)?)|([A-Za-z]{1,5}))"
_USUAL = re.compile(
    rb"\s*+(?:[A-Za-z]{2,9}\s*+[,.]?\s*+)?(\d{1,2})(?:\s|-)\s*+([A-Za-z]{3})[a-z]{0,6}(?:\s|-|,)\s*+(\d{2,4})"
    rb"[\s,]++" + _TIME + rb"(?:\s*+([AaPp])\.?[Mm]\.?)?(?:\s*+" + _ZONE + rb")?"
)
_ASCTIME = re.compile(
    rb"\s*+(?:[A-Za-z]{2,9}\s*+,?\s*+)?([A-Za-z]{3})[a-z]{0,6}\s++(\d{1,2}),?\s++" + _TIME
    + rb"(?:\s++" + _ZONE + rb")?\s++(\d{4})(?:\s*+" + _ZONE + rb")?"
)  # fmt: skip
_ISO = re.compile(rb"\s*+(\d{4})-(\d\d)-(\d\d)[T ]" + _TIME + rb"\s*+(?:Z|" + _ZONE + rb")?")
_COMMENT = re.compile(rb"\([^()]*\)")
_EPOCH = dt.date(1970, 1, 1).toordinal()
_LONGEST = 200


def parse_date(value: bytes) -> int | None:
    """Return seconds since the epoch, or None where no date can be made out. An unknown zone counts as UTC."""
    value = value[:_LONGEST]
    if b"(" in value:
        value = _COMMENT.sub(b" ", value)
    if match := _USUAL.match(value):
        day, month, year, hour, minute, second, half, offset, zone = match.groups()
        hours = int(hour) % 12 + 12 * (half in b"Pp") if half else int(hour)
        return _seconds(_year(year), _MONTHS.get(month.lower()), day, (hours, minute, second), offset, zone)
    if match := _ASCTIME.match(value):
        month, day, hour, minute, second, offset, zone, year, offset2, zone2 = match.groups()
        when = (int(hour), minute, second)
        return _seconds(int(year), _MONTHS.get(month.lower()), day, when, offset or offset2, zone or zone2)
    if match := _ISO.match(value):
        year, month, day, hour, minute, second, offset, zone = match.groups()
        return _seconds(int(year), int(month), day, (int(hour), minute, second), offset, zone)
    return None


def _year(digits: bytes) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _seconds(
    year: int,
    month: int | None,
    day: bytes,
    time: tuple[int, bytes, bytes | None],
    offset: bytes | None,
    zone: bytes | None,
) -> int | None:
    hour, minute, second = time[0], int(time[1]), int(time[2] or 0)
    if not month or hour > 23 or minute > 59 or second > 60:
        return None
    try:
        days = dt.date(year, month, int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    return days * 86400 + hour * 3600 + minute * 60 + second - _east(offset, zone)


def _east(offset: bytes | None, zone: bytes | None) -> int:
    if offset:
        digits = offset[1:].replace(b":", b"")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        if hours > 14 or minutes > 59:  # No such place on earth.
            return 0
        return (hours * 3600 + minutes * 60) * (-1 if offset.startswith(b"-") else 1)
    return _ZONES.get(zone.lower(), 0) * 3600 if zone else 0


def format_date(when: dt.datetime) -> bytes:
    """Return a Date field's value for an aware time (RFC 5322 3.3)."""
    day = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")[when.weekday()]
    month = tuple(_MONTHS)[when.month - 1].capitalize()
    rest = when.strftime("%Y %H:%M:%S %z").encode()
    return b"%b, %02d %b %b" % (day, when.day, month, rest)
