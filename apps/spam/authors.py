"""Who a message claims to be from, for lists: every author a program may show, and the envelope's sender. Pure."""

from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.headers import HEADER, decode_text, every, first

from .authentication import forged
from .envelopes import Envelope
from .lists import About

MOST_AUTHORS = 20


def about(raw: bytes, envelope: Envelope) -> About:
    """Return what lists are asked about."""
    match = HEADER.match(raw)
    header = match[0] if match else b""
    senders = dict.fromkeys(authors(header))
    if envelope.sender:
        senders[envelope.sender] = None
    subject = first(header, b"subject")
    return About(
        tuple(senders), envelope.address, decode_text(subject) if subject else "", forged(envelope.checks)
    )


def authors(header: bytes) -> tuple[str, ...]:
    """Return the addresses of every From field."""
    found: dict[str, None] = {}
    for field in every(header, b"from"):
        for text in map(spec_text, parse_addresses(field, MOST_AUTHORS)):
            if "@" in text:
                found.setdefault(text)
    return tuple(found)[:MOST_AUTHORS]
