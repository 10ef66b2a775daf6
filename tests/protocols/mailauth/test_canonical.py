"""The canonical forms are RFC 6376's, and dkimpy's, whose forms are a second opinion."""

import re
import time

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.dkim.canonical import body, field, relaxed_body, relaxed_field, simple_body

PIECES = st.sampled_from(
    [b"\r\n", b" ", b"\t", b"a", b"B:", b"\r\n\r\n", b"  ", b"\xc3\xbc", b"\x00", b"\x0b"]
)
TEXTS = st.lists(PIECES, max_size=40).map(b"".join)


def test_it_works() -> None:
    """The example of RFC 6376 3.4.5."""
    text = b" C \r\nD \t E\r\n\r\n\r\n"
    assert body(text, "relaxed") == b" C\r\nD E\r\n"
    assert body(text, "simple") == b" C \r\nD \t E\r\n"
    assert field(b"A: X", "relaxed") == b"a:X"
    assert field(b"B : Y\t\r\n\tZ  ", "relaxed") == b"b:Y Z"
    assert field(b"B : Y\t\r\n\tZ  ", "simple") == b"B : Y\t\r\n\tZ  "


@pytest.mark.parametrize(
    ("text", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" \r\n\r\n", b" \r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"a\r\n \r\n\t\r\n", b"a\r\n \r\n\t\r\n", b"a\r\n"),
        (b"a\r\n\n\r\n\r\n", b"a\r\n\n\r\n", b"a\r\n\n\r\n"),
        (b"\n\r\n\r\n", b"\n\r\n", b"\n\r\n"),
    ],
)
def test_ends_of_bodies(text: bytes, simple: bytes, relaxed: bytes) -> None:
    assert simple_body(text) == simple
    assert relaxed_body(text) == relaxed


@given(TEXTS)
def test_bodies_as_dkimpy_sees_them(text: bytes) -> None:
    # It sees no line where the last one has no end: blanks there, or nothing at all. Mail has that end.
    text += b"" if text.endswith(b"\r\n") else b"\r\n"
    assert simple_body(text) == Simple.canonicalize_body(text)
    assert relaxed_body(text) == Relaxed.canonicalize_body(text)


@given(st.from_regex(rb"[A-Za-z-]{1,8}[ \t]{0,2}", fullmatch=True), TEXTS)
def test_fields_as_dkimpy_sees_them(name: bytes, value: bytes) -> None:
    # A vertical tab is no white space to RFC 5322, and is to Python.
    value = re.sub(rb"\r\n(?![ \t])|\x0b", b"", value)
    ((theirs, text),) = Relaxed.canonicalize_headers([(name, value)])
    assert relaxed_field(name + b":" + value) + b"\r\n" == theirs + b":" + text


@given(TEXTS)
def test_a_canonical_text_stays(text: bytes) -> None:
    for form in ("relaxed", "simple"):
        assert body(body(text, form), form) == body(text, form)
    assert relaxed_field(relaxed_field(b"A:" + text)) == relaxed_field(b"A:" + text)


@pytest.mark.parametrize(
    "text",
    [b" " * 5_000_000 + b"x", b"\t \r\n" * 1_000_000, b"a  b\t" * 1_000_000, b"\r\n" * 2_000_000 + b"\n\r\n"],
)
def test_hostile_bodies_take_no_longer(text: bytes) -> None:
    start = time.process_time()
    relaxed_body(text)
    simple_body(text)
    assert time.process_time() - start < 1
