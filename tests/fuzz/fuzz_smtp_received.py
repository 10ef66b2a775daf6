"""Fuzz target: the Received field we add is one field whatever the peer called itself, and counts as one hop."""

import contextlib
import datetime as dt

from apps.protocols.mime.scan import scan
from apps.protocols.smtp.commands import CommandError, parse_hello
from apps.protocols.smtp.received import Hop, address_literal, received

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def test_one_input(data: bytes) -> None:
    """Read a name as EHLO does and write it; the bytes as a peer's address; the bytes as a header on top of it."""
    address_literal(data.decode("latin-1"))
    with contextlib.suppress(CommandError):
        hop = Hop(
            parse_hello(data), "192.0.2.1", "mx", "1", esmtp=True, tls="", signed_in=False, smtputf8=False
        )
        field = received(hop, recipient=None, now=NOW)
        facts = scan(field + b"\r\n")
        assert facts.hops == 1
        assert facts.header_end == len(field) + 2
