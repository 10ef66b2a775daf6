"""Commands before the client is authenticated (RFC 3501 6.2, RFC 4959)."""

import base64
import binascii
from dataclasses import dataclass

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS (RFC 3501 6.2.1)."""


@dataclass(frozen=True, slots=True)
class Login:
    """LOGIN (RFC 3501 6.2.3)."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTHENTICATE (RFC 3501 6.2.2), with the initial response of SASL-IR (RFC 4959) if there is one."""

    mechanism: str
    initial: bytes | None

    def __repr__(self) -> str:
        return f"Authenticate(mechanism={self.mechanism!r})"


def parse_login(lexer: Lexer) -> Login:
    """Read LOGIN's user name and password."""
    lexer.space()
    user = lexer.astring()
    lexer.space()
    password = lexer.astring()
    lexer.end()
    try:
        return Login(user.decode("utf-8"), password.decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolError("User name and password must be UTF-8") from None


def parse_authenticate(lexer: Lexer) -> Authenticate:
    """Read AUTHENTICATE's mechanism and initial response."""
    lexer.space()
    mechanism = lexer.keyword().decode("ascii")
    initial = None
    if lexer.take(b" ") and not lexer.at_end:
        word = lexer.astring()
        initial = b"" if word == b"=" else decode_base64(word)
    lexer.end()
    return Authenticate(mechanism, initial)


def decode_base64(data: bytes) -> bytes:
    """Decode one SASL message."""
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ProtocolError("Invalid base64") from None
