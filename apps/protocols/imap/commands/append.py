"""APPEND (RFC 3501 6.3.11)."""

from dataclasses import dataclass

from apps.protocols.imap.dates import read_moment
from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer

from .folders import folder_name


@dataclass(frozen=True, slots=True)
class Append:
    """A message to be filed; `internaldate` is in seconds since 1970, None for now."""

    name: str
    flags: tuple[str, ...]
    internaldate: int | None
    message: bytes


def parse_append(lexer: Lexer) -> Append:
    """Read APPEND's folder, flags, date and message."""
    lexer.space()
    name = folder_name(lexer)
    lexer.space()
    flags: tuple[str, ...] = ()
    if lexer.peek() == b"(":
        flags = lexer.items(Lexer.flag, empty=True)
        lexer.space()
    internaldate = None
    if lexer.peek() == b'"':
        internaldate = read_moment(lexer.string())
        lexer.space()
    if lexer.peek() != b"{":
        raise ProtocolError("Expected a literal")
    message = lexer.string()
    lexer.end()
    return Append(name, flags, internaldate, message)
