"""Every reply is one the RFCs know, in ASCII, with an enhanced code that agrees with its class."""

import re

import pytest

from apps.protocols.smtp import replies
from apps.protocols.smtp.replies import Reply

NAMED = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}


def test_it_works() -> None:
    assert str(replies.NO_SUCH_USER) == "550 5.1.1 No such user here"
    assert bytes(replies.OK) == b"250 2.0.0 OK\r\n"
    assert str(replies.hello("mx.example.test", ["SIZE 100", "PIPELINING"])) == (
        "250-mx.example.test\r\n250-SIZE 100\r\n250 PIPELINING"
    )


@pytest.mark.parametrize("name", NAMED)
def test_codes_agree(name: str) -> None:
    reply = NAMED[name]
    assert str(reply).isascii()
    if reply.code < 300 or reply.code >= 400:
        assert re.fullmatch(r"[245]\.\d\.\d{1,2}", reply.enhanced)
        assert reply.enhanced[0] == str(reply.code)[0]
    assert reply.is_success == (reply.code < 400)
    assert reply.is_temporary == (400 <= reply.code < 500)


def test_replies_travel_as_ascii() -> None:
    assert bytes(Reply(250, "2.0.0", "zoë")) == b"250 2.0.0 zo?\r\n"
