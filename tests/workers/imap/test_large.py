"""Large messages: sent piece by piece, whatever is asked for of them, in bounded memory."""

import base64
import os
import signal
import time
from collections.abc import Iterator

import pytest

from .live import Live, Talk, an_imap_listener
from .test_connection import resident, said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEADER = b"Subject: large\r\nX-Note: kept\r\n\r\n"
SIZE = 12_000_000


@pytest.fixture(scope="module")
def live(django_db_setup: None) -> Iterator[Live]:
    with an_imap_listener() as listener:
        yield listener


def lines_of(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def filed(talk: Talk, body: bytes) -> bytes:
    message = HEADER + body
    talk.ok(b"APPEND INBOX {%d+}\r\n%b" % (len(message), message))
    talk.ok("SELECT INBOX")
    return message


def test_every_section_is_what_it_should_be(live: Live, alice: str) -> None:
    with live.talk(alice) as talk:
        bodies = (lines_of(os.urandom(700_000)), os.urandom(1_000_000).replace(b"\0", b"x"), b"a" * 3_000_000)
        for number, body in enumerate(bodies, 1):  # Packed, not packed, and packed to almost nothing.
            message = filed(talk, body)
            for item, data in {
                b"BODY[]": message,
                b"BODY[TEXT]": body,
                b"BODY[HEADER]": HEADER,
                b"BODY[HEADER.FIELDS (X-NOTE)]": b"X-Note: kept\r\n\r\n",
                b"BODY[]<300000>": message[300_000:900_000],
                b"BODY[TEXT]<99999999>": b"",
                b"BODY[2]": None,
            }.items():
                asked = item.replace(b"BODY", b"BODY.PEEK").replace(b"<300000>", b"<300000.600000>")
                [line] = talk.ok(b"FETCH %d (%b)" % (number, asked.replace(b"<99999999>", b"<99999999.9>")))
                literal = b"NIL" if data is None else b"{%d}\r\n%b" % (len(data), data)
                assert line == b"* %d FETCH (%b %b)\r\n" % (number, item, literal)
            [line] = talk.ok(b"FETCH %d (UID BODY.PEEK[TEXT]<0.3> BODY.PEEK[TEXT]<1.3>)" % number)
            assert line == b"* %d FETCH (UID %d BODY[TEXT]<0> {3}\r\n%b BODY[TEXT]<1> {3}\r\n%b)\r\n" % (
                number,
                number,
                body[:3],
                body[1:4],
            )


def test_clients_that_do_not_read_cost_little(live: Live, alice: str) -> None:
    with live.talk(alice) as talk:
        message = filed(talk, lines_of(os.urandom(SIZE)))
        talk.ok("FETCH 1 (BODY.PEEK[TEXT]<0.10>)")
    before = resident(live.process.pid)
    talks = [Talk(live.imap) for _ in range(5)]
    sections = " ".join(f"BODY.PEEK[]<{n}.{len(message)}>" for n in range(20))
    for talk in talks:
        talk.line()
        talk.ok(f'LOGIN {alice} "correct horse battery staple"')
        talk.ok("SELECT INBOX")
        talk.send(f"f FETCH 1 ({sections})\r\n".encode())
    time.sleep(2)
    assert resident(live.process.pid) - before < 30_000
    for talk in talks:
        talk.close()


def test_a_goodbye_is_never_part_of_a_message(alice: str) -> None:
    with an_imap_listener(MAIL_DRAIN_SECONDS="1") as own:
        with own.talk(alice) as talk:
            message = filed(talk, lines_of(os.urandom(SIZE)))
            talk.send(b"f FETCH 1 (BODY.PEEK[])\r\n")
            time.sleep(0.5)
            own.process.send_signal(signal.SIGTERM)
            time.sleep(1.5)
            talk.socket.settimeout(10)
            try:
                data = said(talk)
            except ConnectionResetError:
                data = b""
            assert b"* BYE" not in data[: len(message)]
        assert own.process.wait(10) == 0
