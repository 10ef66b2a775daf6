"""Dates as IMAP writes them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.dates import read_day, read_moment, write_moment
from apps.protocols.imap.errors import ProtocolError


def test_it_works() -> None:
    assert read_day(b"1-Feb-1994") == dt.date(1994, 2, 1)
    assert read_moment(b" 7-Feb-1994 21:52:25 -0800") == 760686745
    assert write_moment(760686745) == b" 8-Feb-1994 05:52:25 +0000"


@pytest.mark.parametrize("text", [b"", b"31-Feb-2020", b"1-Foo-2020", b"1-Feb-20", b"0-Jan-2020"])
def test_what_is_no_day_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_day(text)


@pytest.mark.parametrize(
    "text", [b"", b"07-Feb-1994", b"07-Feb-1994 25:00:00 +0000", b"07-Feb-1994 21:52:25 +9900"]
)
def test_what_is_no_moment_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_moment(text)


@given(st.integers(0, 2**33))
def test_any_moment_is_read_back(seconds: int) -> None:
    assert read_moment(write_moment(seconds)) == seconds
