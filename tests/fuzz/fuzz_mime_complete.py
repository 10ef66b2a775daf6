"""Fuzz target: a submitted message gets what it lacks on top, and keeps every byte."""

import datetime as dt

from apps.protocols.mime.compose import complete
from apps.protocols.mime.headers import first, header_end

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def whole(data: bytes) -> bytes:
    """Complete a message."""
    return complete(data, now=NOW, message_id_domain="example.test", random=b"0123456789abcdef")


def test_one_input(data: bytes) -> None:
    """Complete a message; then there is nothing more to add."""
    once = whole(data)
    assert once.endswith(data)
    header = once[: header_end(once)]
    assert first(header, b"date")
    assert first(header, b"message-id")
    assert whole(once) == once
