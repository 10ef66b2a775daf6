"""Fuzz target: whatever is typed is a search that can be written down and read again, and names of files are text."""

import datetime as dt

from apps.protocols.imap.structure import filenames
from apps.protocols.searching import parse, write

TODAY = dt.date(2026, 11, 24)


def test_one_input(data: bytes) -> None:
    """Read it as typed text, and as a BODYSTRUCTURE."""
    once = parse(data.decode("utf-8", "replace"), today=TODAY)
    assert parse(write(once), today=TODAY).key == once.key
    for name in filenames(data):
        name.encode("utf-8", "replace")
