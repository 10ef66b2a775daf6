"""Commands that are legal in every state (RFC 3501 6.1, RFC 2971)."""

from dataclasses import dataclass

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer

MAX_ID_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY (RFC 3501 6.1.1)."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP (RFC 3501 6.1.2)."""


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT (RFC 3501 6.1.3)."""


@dataclass(frozen=True, slots=True)
class Id:
    """ID (RFC 2971): who the client says it is."""

    fields: tuple[tuple[str, str], ...]


def parse_id(lexer: Lexer) -> Id:
    """Read ID's list of names and values, or NIL."""
    lexer.space()
    if lexer.peek() != b"(":
        if lexer.keyword() != b"NIL":
            raise ProtocolError("Expected a list or NIL")
        lexer.end()
        return Id(())
    fields = lexer.items(_id_field, empty=True)
    lexer.end()
    if len(fields) > MAX_ID_FIELDS:
        raise ProtocolError("Too many fields")
    return Id(tuple(field for field in fields if field[1]))


def _id_field(lexer: Lexer) -> tuple[str, str]:
    name = lexer.string()
    lexer.space()
    value = lexer.nstring() or b""
    return name.decode("utf-8", "replace").lower(), value.decode("utf-8", "replace")
