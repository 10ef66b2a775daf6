"""Submitted messages are completed and otherwise left alone."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.compose import complete
from apps.protocols.mime.scan import scan

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
TOKEN = bytes(range(16))


def completed(data: bytes) -> bytes:
    return complete(data, now=NOW, message_id_domain="example.test", random=TOKEN)


def test_a_complete_message_stays_as_it_is() -> None:
    data = b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nmessage-id : <x@y>\r\n\r\nhello\r\n"
    assert completed(data) == data


def test_date_and_message_id_are_added() -> None:
    data = b"Subject: hello\r\nFrom: alice@example.test\r\n\r\nDate: not a field\r\n"
    facts = scan(completed(data))
    assert completed(data).endswith(data)
    assert facts.sent_at == NOW.timestamp()
    assert facts.message_id == "<000102030405060708090a0b0c0d0e0f@example.test>"
    assert facts.subject == "hello"


def test_a_body_alone_stays_a_body() -> None:
    assert scan(completed(b"just words\r\n")).text == "just words"
    assert scan(completed(b"\r\njust words\r\n")).text == "just words"
    assert scan(completed(b"")).sent_at == NOW.timestamp()


@given(st.binary(max_size=200))
def test_whatever_is_submitted_is_kept(data: bytes) -> None:
    out = completed(data)
    assert out.endswith(data)
    assert completed(out) == out
