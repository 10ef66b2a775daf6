"""What a submitted message must have before it leaves (RFC 6409 8). Letters of our own are written in `writing`."""

import datetime as dt

from .dates import format_date
from .headers import HEADER, first


def complete(data: bytes, *, now: dt.datetime, message_id_domain: str, random: bytes) -> bytes:
    """Add the Date and the Message-ID a submitted message lacks, on top; every other byte stays (RFC 6409 8.2, 8.3).

    `random` should be sixteen bytes nobody can guess.
    """
    match = HEADER.match(data)
    header = match[0] if match else b""
    added = []
    if not first(header, b"date"):
        added.append(b"Date: %b\r\n" % format_date(now))
    if not first(header, b"message-id"):
        added.append(b"Message-ID: %b\r\n" % make_message_id(message_id_domain, random).encode())
    if not added:
        return data
    if not header and data and not data.startswith((b"\r", b"\n")):
        added.append(b"\r\n")  # A body without any header: keep it a body.
    return b"".join([*added, data])


def make_message_id(domain: str, random: bytes) -> str:
    """Return a Message-ID with its angle brackets."""
    return f"<{random.hex()}@{domain}>"
