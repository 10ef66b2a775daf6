"""ENVELOPE is read back as SEARCH needs it, from what the scanner writes and from anything else."""

import datetime as dt

import hypothesis.strategies as st
from hypothesis import given

from apps.protocols.imap.envelope import FIELDS, field, may_hold, written_day
from apps.protocols.mime.scan import scan
from tests.fuzz.fuzz_imap_envelope import test_one_input as read_all

MESSAGE = b"""\
Date: Tue, 24 Nov 2026 23:30:00 -0800
From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <alice@example.test>, "Bob \\"B\\" Builder" <bob@example.test>
To: friends: carol@example.test, dave@example.test;
Subject: Lunch =?utf-8?b?w7xiZXI=?= there
Message-ID: <1@example.test>

Hello
"""


def test_it_works() -> None:
    envelope = scan(MESSAGE).envelope
    assert field(envelope, "subject") == "Lunch über there"
    assert field(envelope, "from") == 'Grüße <alice@example.test>, Bob "B" Builder <bob@example.test>'
    to = field(envelope, "to")
    assert to is not None
    assert "carol@example.test, dave@example.test" in to
    assert field(envelope, "cc") is None
    assert field(envelope, "message-id") == "<1@example.test>"


def test_the_day_is_that_of_the_sender() -> None:
    assert written_day(b"Tue, 24 Nov 2026 23:30:00 -0800") == dt.date(2026, 11, 24)
    assert written_day(b"Tue, 24 Nov 2026 00:30:00 +1400 (somewhere)") == dt.date(2026, 11, 24)
    assert written_day(b"Tue, 24 Nov 2026 00:30:00 CET") == dt.date(2026, 11, 24)
    assert written_day(b"24 Nov 2026 00:30") == dt.date(2026, 11, 24)
    assert written_day(b"yesterday") is None


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)


@given(NAMES, st.text("abc.=+", min_size=1, max_size=10))
def test_a_subject_comes_back(words: str, tail: str) -> None:
    subject = " ".join(f"x{words}{tail}".split())
    if "=?" in subject:
        return
    envelope = scan(f"Subject: {subject}\r\nFrom: a@b\r\n\r\n".encode()).envelope
    assert " ".join((field(envelope, "subject") or "").split()) == subject
    assert field(envelope, "from") == "a@b"


@given(NAMES, st.sampled_from(["subject", "from", "to", "message-id"]))
def test_a_quick_look_misses_nothing(words: str, name: str) -> None:
    envelope = scan(f"{name}: {words} <a{words}@b>\r\nDate: x\r\n\r\n".encode()).envelope
    text = (field(envelope, name) or "").casefold()
    plain = "".join(each if each.isascii() and each.isalnum() else " " for each in text).split()
    assert may_hold(envelope, name, [word.encode() for word in plain])


@given(st.binary(max_size=200) | st.text('()" \\{}\r\n1NIL', max_size=60).map(str.encode))
def test_nothing_escapes(data: bytes) -> None:
    read_all(data)


def test_every_field_has_a_place() -> None:
    assert sorted(FIELDS.values()) == [0, 1, 2, 5, 6, 7, 8, 9]
