"""Whatever a server says becomes a reply or a ClientProtocolError; whatever we send ends where it should."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.smtp.client import (
    ClientProtocolError,
    is_last,
    read_capabilities,
    read_reply,
    stuffed,
    xtext,
)
from apps.protocols.smtp.replies import Reply


def test_it_works() -> None:
    assert read_reply([b"250 2.1.5 Recipient OK\r\n"]) == Reply(250, "2.1.5", "Recipient OK")


def test_many_lines_are_one_reply() -> None:
    lines = [b"550-5.7.1 We do not like\r\n", b"550 5.7.1 your face\r\n"]
    assert [is_last(line) for line in lines] == [False, True]
    assert read_reply(lines) == Reply(550, "5.7.1", "We do not like\nyour face")


def test_a_code_alone_is_enough() -> None:
    assert is_last(b"354\r\n")
    assert read_reply([b"354\r\n"]) == Reply(354, "", "")


def test_an_enhanced_code_of_another_class_is_not_believed() -> None:
    assert read_reply([b"450 5.1.1 confused"]).enhanced == ""


@pytest.mark.parametrize("line", [b"", b"hello", b"99 x", b"600 x", b"HTTP/1.1 200 OK", b"\xff\xfe"])
def test_what_is_no_reply(line: bytes) -> None:
    with pytest.raises(ClientProtocolError):
        is_last(line)


def test_capabilities() -> None:
    reply = Reply(250, "", "mx.far.example\nSIZE 1000\nSTARTTLS\nstarttls x\nAUTH PLAIN LOGIN\n")
    found = read_capabilities(reply)
    assert "STARTTLS" in found
    assert found.size == 1000
    assert "SMTPUTF8" not in found
    assert read_capabilities(Reply(250, "", "mx\nSIZE 0")).size is None
    assert read_capabilities(Reply(250, "", "mx\nSIZE " + "9" * 400)).size is None


@given(st.binary(max_size=200))
def test_only_the_declared_error_escapes(line: bytes) -> None:
    try:
        is_last(line)
        read_reply([line])
    except ClientProtocolError:
        pass


def test_dots_are_stuffed() -> None:
    assert stuffed(b".a\r\n..\r\nb") == b"..a\r\n...\r\nb\r\n.\r\n"
    assert stuffed(b"") == b".\r\n"


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n.\r\n", b"\n.\n", b"\r.\r"]), max_size=30))
def test_nothing_inside_can_end_the_message(pieces: list[bytes]) -> None:
    wire = stuffed(b"".join(pieces))
    assert wire.endswith(b".\r\n")
    body = wire[:-3]
    assert not re.search(rb"(?:^|[\r\n])\.(?:[\r\n])", body)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", wire)


def test_xtext() -> None:
    assert xtext("a+b=c d") == "a+2Bb+3Dc+20d"
