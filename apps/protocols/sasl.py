"""The two plain ways to sign in: PLAIN (RFC 4616) and LOGIN, as SMTP and IMAP carry them."""

import base64
import binascii
from dataclasses import dataclass

MECHANISMS = ("PLAIN", "LOGIN")
MAX_RESPONSE_BYTES = 12288
USERNAME_CHALLENGE = base64.b64encode(b"Username:")
PASSWORD_CHALLENGE = base64.b64encode(b"Password:")


class SaslError(ValueError):
    """A response that is not what the mechanism sends."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Who someone says they are, and the proof; `authzid` is on whose behalf they wish to act, if given."""

    login: str
    password: str
    authzid: str = ""

    def __repr__(self) -> str:
        return f"Secret({self.login!r})"


def decode(response: bytes) -> bytes:
    """Undo base64; `=` alone is an empty response (RFC 4954 4)."""
    if response == b"=":
        return b""
    try:
        return base64.b64decode(response, validate=True)
    except (binascii.Error, ValueError):
        raise SaslError("not base64") from None


def plain(response: bytes) -> Secret:
    """Read `authzid NUL login NUL password`, decoded."""
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise SaslError("PLAIN has three parts")
    authzid, login, password = map(_text, parts)
    if not login or not password:
        raise SaslError("an empty login or password")
    return Secret(login, password, authzid)


def login(username: bytes, password: bytes) -> Secret:
    """Read the two decoded answers of LOGIN."""
    secret = Secret(_text(username), _text(password))
    if not secret.login or not secret.password:
        raise SaslError("an empty login or password")
    return secret


def _text(data: bytes) -> str:
    if b"\0" in data:
        raise SaslError("a NUL within a part")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SaslError("not UTF-8") from None
