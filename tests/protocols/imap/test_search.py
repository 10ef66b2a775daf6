"""The search tree."""

import datetime as dt

import pytest

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.search import (
    All,
    And,
    Body,
    HasFlag,
    Header,
    Key,
    Larger,
    ModSeq,
    Not,
    Numbers,
    Or,
    Received,
    Recent,
    Sent,
    Text,
    Uids,
    When,
    parse_keys,
)
from apps.protocols.imap.sequence import SequenceSet

UNSEEN = Not(HasFlag("\\Seen"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b"ALL", All()),
        (b"unseen", UNSEEN),
        (b"NEW", And((Recent(), UNSEEN))),
        (b"1:5", Numbers(SequenceSet(((1, 5),)))),
        (b"UID 1:*", Uids(SequenceSet(((1, 0),)))),
        (b'FROM "bob"', Header("from", "bob")),
        (b"HEADER Message-ID x", Header("message-id", "x")),
        (b'HEADER X-Spam ""', Header("x-spam", "")),
        (b"BODY hello", Body("hello")),
        (b"TEXT hello", Text("hello")),
        (b"KEYWORD $Junk", HasFlag("$Junk")),
        (b"UNKEYWORD $Junk", Not(HasFlag("$Junk"))),
        (b"SINCE 1-Feb-1994", Received(When.SINCE, dt.date(1994, 2, 1))),
        (b'SENTON "1-Feb-1994"', Sent(When.ON, dt.date(1994, 2, 1))),
        (b"LARGER 1000", Larger(1000)),
        (b"NOT UNSEEN", Not(UNSEEN)),
        (b"OR UNSEEN ALL", Or(UNSEEN, All())),
        (b"OR (UNSEEN ALL) NOT ALL", Or(And((UNSEEN, All())), Not(All()))),
        (b"ALL UNSEEN", And((All(), UNSEEN))),
        (b"ALL ", All()),
        (b"MODSEQ 620162338", ModSeq(620162338)),
        (b'MODSEQ "/flags/\\\\draft" all 620162338', ModSeq(620162338)),
    ],
)
def test_it_works(text: bytes, key: Key) -> None:
    assert parse_keys(Lexer([text])) == key


def test_a_literal_is_read_in_the_charset_of_the_search() -> None:
    assert parse_keys(Lexer([b"SUBJECT ", b"M\xfcll", b" ALL"]), "iso-8859-1") == And(
        (Header("subject", "Müll"), All())
    )
    with pytest.raises(ProtocolError):
        parse_keys(Lexer([b"SUBJECT ", b"M\xfcll", b""]), "utf-8")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"FOO",
        b"OR ALL",
        b"NOT",
        b"(ALL",
        b"()",
        b"ALL)",
        b"ALL  ALL",
        b"FROM",
        b"BEFORE yesterday",
        b"UID x",
    ],
)
def test_what_is_no_search_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_keys(Lexer([text]))


@pytest.mark.parametrize(
    "text",
    [b"(" * 5000, b"NOT " * 5000 + b"ALL", b"OR " * 5000, b"ALL " * 5000 + b"ALL", b"1 " * 5000 + b"1"],
)
def test_mallory_cannot_exhaust_the_stack(text: bytes) -> None:
    with pytest.raises(ProtocolError) as error:
        parse_keys(Lexer([text]))
    assert error.value.code == "LIMIT"
