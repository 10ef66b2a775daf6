"""Lists of tags, as signatures and key records are written (RFC 6376 3.2)."""

import base64
import binascii
import re

# Values may hold UTF-8 (RFC 8616); white space inside is for whoever reads the value.
_TAG = re.compile(r"[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([\t\r\n -:<-~\u00a1-\U0010ffff]*)")
_SPACE = re.compile(r"[ \t\r\n]+")
_QUOTED = re.compile(r"=([0-9A-F]{2})")


class TagError(ValueError):
    """Text that is not a list of tags, or a value that is not what it should be."""


def parse_tags(text: str) -> dict[str, str]:
    """Read a list of tags, which are in order and whose names are case-sensitive; raises TagError."""
    parts = text.split(";")
    if len(parts) > 1 and not parts[-1].strip(" \t\r\n"):
        parts.pop()
    tags: dict[str, str] = {}
    for part in parts:
        match = _TAG.fullmatch(part)
        if not match:
            raise TagError("not a list of tags")
        if match[1] in tags:
            raise TagError(f"{match[1]}= stands there twice")
        tags[match[1]] = match[2].strip(" \t\r\n")
    return tags


def read_base64(text: str) -> bytes:
    """Decode base64 that may be folded; raises TagError."""
    for blank in " \t\r\n":
        text = text.replace(blank, "")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise TagError("not base64") from None


def read_list(text: str) -> list[str]:
    """Split a list at its colons; the words may have white space around them."""
    return [word.strip(" \t\r\n") for word in text.split(":")]


def read_number(text: str, digits: int = 12) -> int:
    """Read a number; raises TagError."""
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise TagError("not a number")
    return int(text)


def unquote(text: str) -> str:
    """Undo dkim-quoted-printable (RFC 6376 2.11), in which i= is written."""
    text = _SPACE.sub("", text)
    if "=" not in text:
        return text
    decoded = _QUOTED.sub(lambda match: chr(int(match[1], 16)), text)
    try:
        # What it wrote were bytes of UTF-8.
        return decoded.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return decoded
