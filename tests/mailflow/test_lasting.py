"""Faults that last are told from those that pass."""

import datetime as dt

from apps.mailflow.lasting import MOST, Lasting

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def after(hours: float) -> dt.datetime:
    return NOW + dt.timedelta(hours=hours)


def test_it_works() -> None:
    lasting = Lasting()
    assert [lasting.has_lasted("far.example", after(hours)) for hours in (0, 1, 3.9, 4, 9)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert not lasting.has_lasted("other.example", after(9))
    lasting.is_over("far.example")
    assert not lasting.has_lasted("far.example", after(9))


def test_who_was_not_heard_of_begins_anew() -> None:
    lasting = Lasting()
    lasting.has_lasted("far.example", NOW)
    assert not lasting.has_lasted("far.example", after(13))
    assert lasting.has_lasted("far.example", after(17))


def test_it_has_an_end() -> None:
    lasting = Lasting()
    for number in range(MOST + 10):
        lasting.has_lasted(f"d{number}.example", NOW)
    assert not lasting.has_lasted("d0.example", after(5))
    assert lasting.has_lasted(f"d{MOST}.example", after(5))
