"""Fuzz target: whatever word is asked for, a command's text holds it or there is a ProtocolError."""

from collections.abc import Callable

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer

READERS: tuple[Callable[[Lexer], object], ...] = (
    Lexer.space,
    Lexer.end,
    Lexer.tag,
    Lexer.atom,
    Lexer.keyword,
    Lexer.flag,
    Lexer.sequence,
    Lexer.number,
    Lexer.modseq,
    Lexer.string,
    Lexer.astring,
    Lexer.nstring,
    Lexer.pattern,
    lambda lexer: lexer.items(Lexer.astring, empty=True),
)


def test_one_input(data: bytes) -> None:
    """The first line says which words to read in turn; the rest is text and literals, cut at NULs."""
    order, _, rest = data.partition(b"\n")
    parts = rest.split(b"\0")
    lexer = Lexer(parts if len(parts) % 2 else parts[:-1])
    said = ""
    try:
        for number in order:
            READERS[number % len(READERS)](lexer)
    except ProtocolError as error:
        said = error.text
    # It may be sent to the client.
    assert said.isascii()
    assert said.isprintable()
