"""The words of IMAP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer


def test_it_works() -> None:
    lexer = Lexer([b'a1 LOGIN alice@example.test "se\\"cret" ', b"lit\r\neral", b" (a (b) {x"[:6]])
    assert lexer.tag() == b"a1"
    lexer.space()
    assert lexer.keyword() == b"LOGIN"
    lexer.space()
    assert lexer.astring() == b"alice@example.test"
    lexer.space()
    assert lexer.astring() == b'se"cret'
    lexer.space()
    assert lexer.peek() == b"{"
    assert lexer.astring() == b"lit\r\neral"


@pytest.mark.parametrize("text", [b"", b"(", b'"open', b'"bad\\escape"', b"{5}", b"\xff", b" "])
def test_what_is_no_string_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        Lexer([text]).astring()


def test_a_list_may_be_empty_only_where_it_is_allowed() -> None:
    assert Lexer([b"()"]).items(Lexer.atom, empty=True) == ()
    assert Lexer([b"(a b)"]).items(Lexer.atom) == (b"a", b"b")
    with pytest.raises(ProtocolError):
        Lexer([b"()"]).items(Lexer.atom)
    with pytest.raises(ProtocolError):
        Lexer([b"(a  b)"]).items(Lexer.atom)


def test_numbers_are_bounded() -> None:
    assert Lexer([b"4294967295"]).number() == 2**32 - 1
    with pytest.raises(ProtocolError):
        Lexer([b"4294967296"]).number()
    with pytest.raises(ProtocolError):
        Lexer([b"9" * 5000]).modseq()


@given(st.binary())
def test_any_string_is_read_back(value: bytes) -> None:
    assert Lexer([b"", value, b""]).astring() == value
    if not any(byte in value for byte in b"\r\n\0"):
        quoted = b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        assert Lexer([quoted]).string() == value
