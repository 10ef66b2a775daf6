"""Folder names on the wire: modified UTF-7 (RFC 3501 5.1.3)."""

import base64
import binascii
import re

from .errors import ProtocolError

_SHIFTED = re.compile(r"[^\x20-\x7e]+")
_RUN = re.compile(r"&([A-Za-z0-9+,]*)-|&")


def encode(name: str) -> bytes:
    """Return a folder's name as IMAP writes it."""
    return _SHIFTED.sub(_shift, name.replace("&", "&-")).encode("ascii")


def decode(data: bytes) -> str:
    """Return the folder's name a client wrote.

    UTF-8 is understood, too, for some clients send it; what is neither is an error.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return _utf8(data)
    if "&" not in text:
        return _checked(text)
    return _checked(_RUN.sub(_unshift, text))


def _shift(match: re.Match[str]) -> str:
    raw = match[0].encode("utf-16-be", "surrogatepass")
    return "&" + base64.b64encode(raw).decode().rstrip("=").replace("/", ",") + "-"


def _unshift(match: re.Match[str]) -> str:
    run = match[1]
    if run == "":
        return "&"
    if run is None:
        raise ProtocolError("Invalid modified UTF-7 in a mailbox name")
    try:
        raw = base64.b64decode(run.replace(",", "/") + "=" * (-len(run) % 4), validate=True)
        return raw.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        raise ProtocolError("Invalid modified UTF-7 in a mailbox name") from None


def _utf8(data: bytes) -> str:
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolError("A mailbox name is neither modified UTF-7 nor UTF-8") from None


def _checked(name: str) -> str:
    if any(character < " " or character == "\x7f" for character in name):
        raise ProtocolError("Control character in a mailbox name")
    return name
