"""Fuzz target: any file is read as an mbox to its end, holding no more than it may."""

import io

from apps.protocols.mime.mbox import from_line_date, mbox_flags, read_mbox


def test_one_input(data: bytes) -> None:
    """Read the messages, their flags and dates."""
    at = 0
    for item in read_mbox(io.BytesIO(data), limit=1000):
        assert item.offset >= at
        at = item.offset + 1
        assert item.data is None or len(item.data) <= 1000
        mbox_flags(item.data or b"")
        from_line_date(item.from_line)
