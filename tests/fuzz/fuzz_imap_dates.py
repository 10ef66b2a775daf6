"""Fuzz target: a date of SEARCH or APPEND is one that can be written again, or a ProtocolError."""

import contextlib

from apps.protocols.imap.dates import read_day, read_moment, write_moment
from apps.protocols.imap.errors import ProtocolError


def test_one_input(data: bytes) -> None:
    """Read a day and a moment."""
    with contextlib.suppress(ProtocolError):
        read_day(data)
    with contextlib.suppress(ProtocolError):
        moment = read_moment(data)
        assert read_moment(write_moment(moment)) == moment
