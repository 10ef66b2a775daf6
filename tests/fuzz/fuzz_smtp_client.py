"""Fuzz target: what a server says to our SMTP client, and what we make of a message before sending it."""

import contextlib

from apps.protocols.smtp.client import ClientProtocolError, is_last, read_capabilities, read_reply, stuffed


def test_one_input(data: bytes) -> None:
    """Read the bytes as lines of a reply; stuff them as a message."""
    lines = data.splitlines(keepends=True)
    with contextlib.suppress(ClientProtocolError):
        for line in lines:
            is_last(line)
        read_capabilities(read_reply(lines))
    assert stuffed(data).endswith(b".\r\n")
    assert b"\r\n.\r\n" not in stuffed(data)[:-3] + b"\r\n"
