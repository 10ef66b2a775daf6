"""Which bytes BODY[...] means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.commands import Fetch, Section
from apps.protocols.imap.commands.fetch import parse_fetch
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.sections import needed, written
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan

PREFIX = b"Return-Path: <>\r\n"
BLOB = (
    b"Subject: hi\r\nTo: alice@example.test\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\n\r\none\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo\r\n--x--\r\n"
)
WHOLE = PREFIX + BLOB


def section(text: str) -> Section:
    command: Fetch = parse_fetch(Lexer([b" 1 " + text.encode()]))
    [item] = command.items
    assert isinstance(item, Section)
    return item


def read(text: str, prefix: bytes = PREFIX, blob: bytes = BLOB) -> bytes:
    wanted, table = section(text), PartTable.decode(scan(blob).parts)
    need = needed(wanted, table, len(prefix))
    return written(wanted, prefix[need.prefix] + blob[need.start : need.end] if need else None)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("BODY[]", b"BODY[] {%d}\r\n%b" % (len(WHOLE), WHOLE)),
        ("BODY[]<0.6>", b"BODY[]<0> {6}\r\nReturn"),
        ("BODY[]<10.14>", b"BODY[]<10> {14}\r\nh: <>\r\nSubject"),
        ("BODY[]<17.7>", b"BODY[]<17> {7}\r\nSubject"),
        ("BODY[]<5000.7>", b"BODY[]<5000> {0}\r\n"),
        ("RFC822", b"RFC822 {%d}\r\n%b" % (len(WHOLE), WHOLE)),
        ("BODY[1]", b"BODY[1] {3}\r\none"),
        ("BODY[1]<1.1>", b"BODY[1]<1> {1}\r\nn"),
        ("BODY[2.HEADER]", b"BODY[2.HEADER] {18}\r\nSubject: inner\r\n\r\n"),
        ("BODY[2.TEXT]", b"BODY[2.TEXT] {3}\r\ntwo"),
        ("BODY[2.1]", b"BODY[2.1] {3}\r\ntwo"),
        ("BODY[2.MIME]", b"BODY[2.MIME] {32}\r\nContent-Type: message/rfc822\r\n\r\n"),
        ("BODY[3]", b"BODY[3] NIL"),
        ("BODY[1.HEADER]", b"BODY[1.HEADER] NIL"),
        ("BODY[HEADER.FIELDS (subject)]", b"BODY[HEADER.FIELDS (SUBJECT)] {15}\r\nSubject: hi\r\n\r\n"),
        (
            "BODY[HEADER.FIELDS (Return-Path)]",
            b"BODY[HEADER.FIELDS (RETURN-PATH)] {19}\r\nReturn-Path: <>\r\n\r\n",
        ),
        ("BODY[HEADER.FIELDS (subject)]<3.2>", b"BODY[HEADER.FIELDS (SUBJECT)]<3> {2}\r\nje"),
        (
            "BODY[HEADER.FIELDS.NOT (to content-type)]",
            b"BODY[HEADER.FIELDS.NOT (TO CONTENT-TYPE)] {32}\r\nReturn-Path: <>\r\nSubject: hi\r\n\r\n",
        ),
    ],
)
def test_it_works(text: str, answer: bytes) -> None:
    assert read(text) == answer


@given(st.binary(max_size=200), st.integers(0, 250), st.integers(1, 250))
def test_a_partial_fetch_is_a_piece_of_the_whole(blob: bytes, origin: int, length: int) -> None:
    for name in ("BODY[]", "BODY[HEADER]", "BODY[TEXT]", "BODY[1]"):
        whole = read(name, blob=blob).partition(b"\r\n")[2]
        piece = read(f"{name}<{origin}.{length}>", blob=blob).partition(b"\r\n")[2]
        assert piece == whole[origin : origin + length]
