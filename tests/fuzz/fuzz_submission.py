"""Fuzz target: what a user submits leaves without Bcc and a false Sender, and another reader sees the From we checked."""

import datetime as dt
import email
import email.policy

from apps.mailflow.submit import BLIND, complete
from apps.protocols.mime.headers import HEADER, every, first

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
WITHOUT = (*BLIND, b"sender")


def test_one_input(data: bytes) -> None:
    """Complete a message as DATA lets it in: every CR and LF belong together, and there is no NUL."""
    data = data.replace(b"\r", b"").replace(b"\0", b"").replace(b"\n", b"\r\n")
    match = HEADER.match(data)
    authors = every(match[0], b"from") if match else []
    if len(authors) != 1:
        return  # Such a message is refused.
    leaves = complete(
        data, now=NOW, message_id_domain="example.test", random=b"0123456789abcdef", without=WITHOUT
    )
    match = HEADER.match(leaves)
    assert match
    assert every(match[0], b"from") == authors
    assert all(first(match[0], name) is None for name in WITHOUT)
    read = email.message_from_bytes(leaves, policy=email.policy.compat32)
    assert len(read.get_all("from", [])) <= len(authors)
    assert not any(name.decode() in read for name in WITHOUT)
