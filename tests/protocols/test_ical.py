# ruff: noqa: DTZ001 (a zone is beside each)
"""Invitations: what is read of them, and that nothing a stranger sends makes the reader stumble."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.ical import Event, Moment, read


def a_calendar(*lines: str, method: str = "REQUEST") -> str:
    top = ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD"]
    zone = ["DTSTART:16010101T030000", "END:STANDARD", "END:VTIMEZONE"]
    return "\r\n".join([*top, *zone, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def test_it_works() -> None:
    text = a_calendar(
        "DTSTART;TZID=Europe/Berlin:20260305T093000",
        "DTEND;TZID=Europe/Berlin:20260305T101500",
        "SUMMARY:Lunch\\, and more",
        " of it",
        'ORGANIZER;CN="Roth, Ana":mailto:ana@roth.example',
        "LOCATION:Room 5\\nSecond floor",
        "RRULE:FREQ=DAILY",
        "BEGIN:VALARM",
        "SUMMARY:not this",
        "END:VALARM",
    )
    assert read(text) == Event(
        "Lunch, and moreof it",
        "Room 5 Second floor",
        "Roth, Ana",
        Moment(datetime(2026, 3, 5, 9, 30), "Europe/Berlin"),
        Moment(datetime(2026, 3, 5, 10, 15), "Europe/Berlin"),
        repeats=True,
        is_cancelled=False,
    )


def test_days_utc_and_no_zone() -> None:
    days = read(a_calendar("DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260307"))
    assert days is not None
    assert (days.start, days.end) == (Moment(date(2026, 3, 5)), Moment(date(2026, 3, 6)))
    assert days.start.is_day
    utc = read(a_calendar("DTSTART:20260305T093000Z", "ORGANIZER:mailto:ana@roth.example"))
    assert utc is not None
    assert utc.start.zone == "UTC"
    assert utc.organizer == "ana@roth.example"
    floating = read(a_calendar("DTSTART:20260305T093060"))
    assert floating is not None
    assert floating.start == Moment(datetime(2026, 3, 5, 9, 30, 59))


@pytest.mark.parametrize("lines", [("STATUS:CANCELLED",), ()])
def test_what_is_called_off(lines: tuple[str, ...]) -> None:
    found = read(a_calendar("DTSTART:20260305T093000Z", *lines, method="REQUEST" if lines else "cancel"))
    assert found is not None
    assert found.is_cancelled


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("DTSTART:tomorrow",),
        ("DTSTART:20261399T000000Z",),
        ("SUMMARY:x",),
        ("DTSTART",),
        ("DTSTART:00000101",),
    ],
)
def test_no_invitation(lines: tuple[str, ...]) -> None:
    assert read(a_calendar(*lines)) is None


@pytest.mark.parametrize(
    "end", ["DTEND:20260305T080000Z", "DTEND;VALUE=DATE:20260309", "DTEND:x", "DTEND:99999999T000000Z"]
)
def test_an_end_that_makes_no_sense_is_none(end: str) -> None:
    found = read(a_calendar("DTSTART:20260305T093000Z", end))
    assert found is not None
    assert found.end is None


_LINES = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:X", "END:X", "DTSTART:", "DTEND;TZID=", "ORGANIZER;CN=\"", ":", ";", " ", "00010101", "T000000Z"]
)  # fmt: skip


@given(st.lists(st.one_of(_LINES, st.text(max_size=20)), max_size=30))
def test_it_never_raises(lines: list[str]) -> None:
    read("\r\n".join(lines))
    read(a_calendar("DTSTART:00010101", *lines))


def test_a_long_line_takes_no_long_time() -> None:
    read(a_calendar("DTSTART" + ';A="' * 60_000 + ":20260305"))
    read(a_calendar("DTSTART" + ";A=b,c" * 30_000))
