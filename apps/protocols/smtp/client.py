"""The client's half of SMTP: reading replies and capabilities, preparing commands and data (RFC 5321)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .replies import Reply

MAX_LINES = 128
MAX_LINE = 2048
MAX_TEXT = 1000

_LINE = re.compile(rb"([2-5][0-9][0-9])([ -]?)(.*)", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)")
_BARE = re.compile(rb"\r\n|\r|\n")


class ClientProtocolError(ValueError):
    """The server said something that is not SMTP."""


def is_last(line: bytes) -> bool:
    """Whether this line ends a reply; raises ClientProtocolError when it is no reply line."""
    match = _LINE.fullmatch(line.rstrip(b"\r\n"))
    if match is None:
        raise ClientProtocolError("not a reply")
    return match[2] != b"-"


def read_reply(lines: Sequence[bytes]) -> Reply:
    """Make one Reply of its lines; the last line's code counts (RFC 5321 4.2.1).

    Text is cut at 1,000 characters and made printable: it goes into logs and reports.
    """
    code, enhanced, texts = 0, "", []
    for line in lines:
        match = _LINE.fullmatch(line.rstrip(b"\r\n"))
        if match is None:
            raise ClientProtocolError("not a reply")
        code = int(match[1])
        text = match[3].decode("utf-8", "replace")
        if found := _ENHANCED.match(text):
            enhanced = found[1]
            text = text[found.end() :]
        texts.append("".join(c if c.isprintable() else " " for c in text).strip())
    if enhanced and enhanced[0] != str(code)[0]:
        enhanced = ""
    return Reply(code, enhanced, "\n".join(texts)[:MAX_TEXT])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server announced in its answer to EHLO."""

    keywords: dict[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def size(self) -> int | None:
        """The largest message it takes (RFC 1870); None when it does not say."""
        value = self.keywords.get("SIZE", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 and int(value) else None


def read_capabilities(reply: Reply) -> Capabilities:
    """Read the lines after the greeting line; unknown keywords are kept, doubled ones read once."""
    found: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        keyword, _, parameters = line.strip().partition(" ")
        if keyword:
            found.setdefault(keyword.upper(), parameters.strip())
    return Capabilities(found)


def stuffed(data: bytes) -> bytes:
    """Return `data` as it follows DATA, final dot included.

    Line ends become CRLF whatever they were: a bare CR or LF that we sent on could end the message early at
    a careless server, and smuggle what follows (SMTP smuggling).
    """
    if data.count(b"\r\n") != data.count(b"\n") or data.count(b"\r") != data.count(b"\n"):
        data = _BARE.sub(b"\r\n", data)
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    if data.startswith(b"."):
        data = b"." + data
    return data.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def xtext(value: str) -> str:
    """Encode a DSN parameter (RFC 3461 4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in value)
