"""Fuzz target: a Date field is a moment or nothing; one that we write is read as it was meant."""

import datetime as dt

from apps.protocols.mime.dates import format_date, parse_date

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def test_one_input(data: bytes) -> None:
    """Read a date; write it and read it again."""
    seconds = parse_date(data)
    if seconds is not None and 0 <= seconds < 2**32:
        assert parse_date(format_date(EPOCH + dt.timedelta(seconds=seconds))) == seconds
