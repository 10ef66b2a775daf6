"""Dates are read as people and programs write them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.dates import format_date, parse_date

NOON = 1795521600  # 2026-11-24 12:00 UTC


@pytest.mark.parametrize(
    "value",
    [
        b"Tue, 24 Nov 2026 12:00:00 +0000",
        b"24 Nov 2026 12:00:00 +0000",
        b"Tue, 24 Nov 2026 13:00:00 +0100 (CET)",
        b"Tue,24 Nov 2026 07:00 EST",
        b"Tue, 24 Nov 26 12:00:00 GMT",
        b"Tue, 24 Nov 126 12:00:00 UT",
        b"Tuesday, 24-Nov-26 12:00:00 UTC",
        b"Tue, 24 November 2026 12.00.00 Z",
        b"Tue (a comment), 24 Nov 2026 12:00:00 +0000",
        b"Tue, 24 Nov 2026 12:00:00 XYZ",
        b"Tue, 24 Nov 2026 12:00:00 -0000",
        b"Tue, 24 Nov 2026 12:00:00",
        b"Tue, 24 Nov 2026 17:30:00 GMT+0530",
        b"Tue, 24 Nov 2026 17:30:00 +05:30",
        b"Tue, 24 Nov 2026 11:00:00 -1",
        b"Tue, 24 Nov 2026 12:00:00 +9999",
        b"Tue, 24 Nov 2026 12:00:00 PM +0000",
        b"Tue, 24 Nov 2026 12:00:00.123 +0000",
        b"Tue Nov 24 12:00:00 2026",
        b"Tue Nov 24 13:00:00 CET 2026",
        b"Tue Nov 24 13:00:00 +0100 2026",
        b"Tue Nov 24 12:00:00 2026 +0000",
        b"2026-11-24T12:00:00Z",
        b"2026-11-24 13:00:00 +0100",
    ],
)
def test_many_ways_to_say_noon(value: bytes) -> None:
    assert parse_date(value) == NOON


@pytest.mark.parametrize(
    "value",
    [
        b"", b"yesterday", b"Tue, 31 Feb 2026 12:00:00 +0000", b"Tue, 24 Nov 2026 25:00:00 +0000", b"24 Foo 2026 12:00",
        b"Tue, 24 Nov 2026", b"0 Nov 2026 12:00", b"1795521600", b"(((((",
    ],
)  # fmt: skip
def test_no_dates(value: bytes) -> None:
    assert parse_date(value) is None


def test_leap_seconds_and_two_digit_years() -> None:
    assert parse_date(b"31 Dec 2016 23:59:60 +0000") == parse_date(b"1 Jan 2017 00:00:00 +0000")
    assert parse_date(b"1 Jan 70 00:00:00 +0000") == 0
    assert parse_date(b"1 Jan 1901 00:00:00 +0000") == -2177452800


@given(st.binary(max_size=60) | st.text("0123456789 :,-+TueNovGMT()", max_size=40).map(str.encode))
def test_anything_is_a_date_or_not(value: bytes) -> None:
    parse_date(value)


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(st.integers(-30_000_000_000, 250_000_000_000), zones)
def test_what_is_written_is_read(seconds: int, zone: dt.timezone) -> None:
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    assert parse_date(format_date(when.astimezone(zone))) == seconds
