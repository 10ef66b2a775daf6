"""A message is judged by its facts alone."""

import asyncio

from apps.mailflow.examine import examine
from apps.mailflow.policy import MAX_HOPS, judge
from apps.protocols.mime.headers import FIELDS_LIMIT
from apps.protocols.smtp import replies

HOP = b"Received: from a by b; Sun, 01 Mar 2026 12:00:00 +0000\r\n"


def judged(body: bytes) -> object:
    objection = judge(asyncio.run(examine(body)))
    return objection and objection.reply


def test_it_works() -> None:
    assert judged(b"Subject: hi\r\n\r\nhi\r\n") is None
    assert judged(HOP * MAX_HOPS + b"\r\n") is None


def test_a_message_that_goes_round_is_refused() -> None:
    assert judged(HOP * (MAX_HOPS + 1) + b"\r\n") == replies.TOO_MANY_HOPS


def test_a_header_longer_than_we_read_is_refused() -> None:
    field = b"X: " + b"a" * 900 + b"\r\n"
    assert judged(field * (FIELDS_LIMIT // len(field)) + b"\r\n" + field * 99) is None
    assert judged(field * (FIELDS_LIMIT // len(field) + 1) + b"\r\n") == replies.HEADER_TOO_LONG
