"""The mbox family: many messages in one file, each after a line `From sender date`.

A separator is such a line after an empty one. Variants differ in how they protect lines of a body that look
like one: mboxo and mboxrd put `>` before them, mboxcl and mboxcl2 count (Content-Length). A count is believed
if a separator or the end of the file follows what it counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .dates import parse_date
from .headers import fields, header_end, unfold

_LINE = 64 * 1024
_WEEKDAY_ON = re.compile(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s+.*", re.DOTALL)
_AFTER_SENDER = re.compile(rb"From +\S+\s+(.*)", re.DOTALL)
_TIME = re.compile(rb"\d{1,2}:\d\d")
_YEAR = re.compile(rb"\b\d{4}\b")
_BARE = (b"From -", b"From nobody")
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?\n", re.IGNORECASE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MboxItem:
    """One message of an mbox."""

    offset: int
    size: int
    from_line: bytes
    data: bytes | None
    """None when the message is larger than the reader may hold."""


def is_separator(line: bytes) -> bool:
    """Whether a line after an empty one begins a message."""
    return line.startswith(b"From ") and (_is_dated(line[:1000]) or line.rstrip() in _BARE)


def _is_dated(line: bytes) -> bool:
    # Two searches, each from the end of the other's first find, and not one pattern: that would be tried from
    # every time and year in a line to its end.
    time, year = _TIME.search(line), _YEAR.search(line)
    if time is None or year is None:
        return False
    return bool(_YEAR.search(line, time.end()) or _TIME.search(line, year.end()))


def unquote(data: bytes) -> bytes:
    """Take one `>` from lines that mboxrd protected."""
    return _QUOTED.sub(rb"\1", data)


def read_mbox(stream: BinaryIO, *, limit: int) -> Iterator[MboxItem]:
    """Yield the messages of an mbox in order, holding one at a time and of that at most `limit` bytes."""
    return _Reader(stream, limit).items()


class _Reader:
    """Reads line by line; one message is open at a time."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self.stream = stream
        self.limit = limit
        self.length = stream.seek(0, 2)
        stream.seek(0)
        self.position = 0
        self.offset = 0
        self.from_line: bytes | None = None
        self.lines: list[bytes] = []
        self.size = 0
        self.in_header = False
        self.counted = False  # The body was read by its Content-Length.
        self.content_length: int | None = None

    def items(self) -> Iterator[MboxItem]:
        blank, line_start = True, True
        while line := self.stream.readline(_LINE):
            at = self.position
            self.position += len(line)
            if line_start and blank and is_separator(line):
                if self.from_line is not None:
                    yield self.item()
                self.open(line, at)
            elif self.from_line is None:
                if line.strip():  # Nothing may stand before the first separator; do not lose it.
                    self.open(b"", at)
                    self.add(line)
            elif not self.counted or line.strip():
                self.add(line)
                if self.in_header and line_start:
                    self.header_line(line)
            line_start = line.endswith(b"\n")
            blank = self.counted or (line_start and line in {b"\n", b"\r\n"})
        if self.from_line is not None:
            yield self.item()

    def open(self, line: bytes, at: int) -> None:
        self.from_line, self.offset, self.lines, self.size = line, at, [], 0
        self.in_header, self.counted, self.content_length = True, False, None

    def add(self, line: bytes) -> None:
        self.size += len(line)
        if self.size <= self.limit:
            self.lines.append(line)
        else:
            self.lines.clear()

    def header_line(self, line: bytes) -> None:
        if match := _LENGTH.match(line):
            self.content_length = int(match[1])
        elif line in {b"\n", b"\r\n"}:
            self.in_header = False
            if self.content_length is not None and self.believe(self.content_length):
                self.take(self.content_length)

    def believe(self, count: int) -> bool:
        end = self.position + count
        if end > self.length:
            return False
        self.stream.seek(end)
        after = self.stream.read(1024)
        self.stream.seek(self.position)
        following = after.lstrip(b"\r\n").partition(b"\n")[0]
        # Without a line end in between, a count that is too small could hit `From ` in the middle of a line.
        at_line_start = after.startswith((b"\r", b"\n")) or self._ends_line(end)
        return (not following and len(after) < 1024) or (at_line_start and is_separator(following))

    def _ends_line(self, end: int) -> bool:
        self.stream.seek(end - 1)
        last = self.stream.read(1)
        self.stream.seek(self.position)
        return last == b"\n"

    def take(self, count: int) -> None:
        self.counted = True
        self.position += count
        if self.size + count > self.limit:
            self.size += count
            self.lines.clear()
            self.stream.seek(self.position)
        else:
            self.add(self.stream.read(count))

    def item(self) -> MboxItem:
        data = None if self.size > self.limit else b"".join(self.lines)
        if data is not None and not self.counted:
            # The empty line before the next separator is not the message's.
            for end in (b"\r\n", b"\n"):
                if data.endswith(end + end) or data == end:
                    data = data[: -len(end)]
                    break
        size = self.size if data is None else len(data)
        return MboxItem(self.offset, size, self.from_line or b"", data)


def from_line_date(line: bytes) -> int | None:
    """Return the time of a `From ` line, as seconds since the epoch."""
    match = _WEEKDAY_ON.search(line[:1000])
    if match:
        return parse_date(match[0].strip())
    match = _AFTER_SENDER.match(line[:1000])
    return parse_date(match[1].strip()) if match else None


_STATUS = {b"R": "\\Seen"}
_X_STATUS = {b"A": "\\Answered", b"F": "\\Flagged", b"D": "\\Deleted", b"T": "\\Draft"}
_MOZILLA = {0x1: "\\Seen", 0x2: "\\Answered", 0x4: "\\Flagged", 0x8: "\\Deleted", 0x1000: "$Forwarded"}
_GMAIL = {"opened": "\\Seen", "starred": "\\Flagged", "important": "$Important"}
KEPT_BY_READERS = frozenset(
    b"status x-status x-keywords x-mozilla-status x-mozilla-status2 x-mozilla-keys x-uid x-imap x-imapbase"
    b" content-length lines".split()
)
"""Fields that mail readers write into an mbox and change: they do not make a message another one."""


def mbox_flags(data: bytes) -> tuple[str, ...]:
    """Return the flags that mail readers wrote into a message's header."""
    found: dict[str, None] = {}
    for name, folded in fields(data[: header_end(data)]):
        value = unfold(folded)
        match name.lower():
            case b"status":
                found |= dict.fromkeys(flag for letter, flag in _STATUS.items() if letter in value)
            case b"x-status":
                found |= dict.fromkeys(flag for letter, flag in _X_STATUS.items() if letter in value)
            case b"x-keywords" | b"x-mozilla-keys":
                found |= dict.fromkeys(keywords(value.decode("utf-8", "replace").replace(",", " ").split()))
            case b"x-mozilla-status":
                try:
                    bits = int(value[:8], 16)
                except ValueError:
                    continue
                found |= dict.fromkeys(flag for bit, flag in _MOZILLA.items() if bits & bit)
            case b"x-gmail-labels":
                labels = {label.strip().lower() for label in value.decode("utf-8", "replace").split(",")}
                found |= dict.fromkeys(flag for label, flag in _GMAIL.items() if label in labels)
    return tuple(found)


_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,100}")


def keywords(names: list[str]) -> Iterator[str]:
    """Yield the names that can be IMAP keywords (RFC 3501 flag-keyword)."""
    for name in names[:100]:
        if _KEYWORD.fullmatch(name):
            yield name
