"""What a user submits leaves complete, without Bcc, and otherwise as it was."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from apps.mailflow.submit import complete

NOW = dt.datetime(2026, 3, 1, 12, 0, 5, tzinfo=dt.UTC)


def completed(body: bytes) -> bytes:
    return complete(body, now=NOW, message_id_domain="example.test", random=bytes(16))


def test_it_works() -> None:
    assert completed(b"From: a@example.test\r\n\r\nhi\r\n") == (
        b"Date: Sun, 01 Mar 2026 12:00:05 +0000\r\n"
        b"Message-ID: <00000000000000000000000000000000@example.test>\r\n"
        b"From: a@example.test\r\n\r\nhi\r\n"
    )


def test_blind_copies_stay_blind() -> None:
    body = (
        b"Date: x\r\nBCC: secret@elsewhere.example,\r\n other@elsewhere.example\r\nMessage-ID: <1@x>\r\n"
        b"Resent-Bcc: third@elsewhere.example\r\nX: 1\r\n 2\r\n\r\nBcc: in the text\r\n"
    )
    assert completed(body) == b"Date: x\r\nMessage-ID: <1@x>\r\nX: 1\r\n 2\r\n\r\nBcc: in the text\r\n"


def test_a_header_without_a_body() -> None:
    assert (
        completed(b"Date: x\r\nMessage-ID: <1@x>\r\nBcc: a@b.example\r\n")
        == b"Date: x\r\nMessage-ID: <1@x>\r\n\r\n"
    )


def test_a_header_that_breaks_off_is_ended_there() -> None:
    """A careless reader would go on and believe the second From."""
    whole = b"Date: x\r\nMessage-ID: <1@x>\r\nFrom: bob@example.test\r\n"
    assert completed(whole + b"no field\r\nFrom: boss@example.test\r\n\r\nhi") == (
        whole + b"\r\nno field\r\nFrom: boss@example.test\r\n\r\nhi"
    )
    assert completed(b"Bcc: x@y.example\r\n" + whole + b"no field\r\n") == whole + b"\r\nno field\r\n"


@given(st.binary(max_size=200))
def test_nothing_else_is_touched(body: bytes) -> None:
    whole = b"Date: x\r\nMessage-ID: <1@x>\r\n\r\n" + body
    assert completed(whole) == whole
    assert completed(b"Bcc: a@b.example\r\n" + whole) == whole
