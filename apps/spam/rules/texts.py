"""What rules are held against: the texts of a message, made alike so that tricks of writing do not hide them. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

from .definitions import Envelope, Target

MOST_TEXT = 200_000
MOST_LINES = 500
LINES = frozenset(
    {Target.HEADER, Target.HEADERS, Target.URL, Target.ATTACHMENT, Target.ATTACHMENT_TYPE, Target.SENDER,
     Target.HELO}
)  # fmt: skip
"""Targets of several values, one on each line: no expression reaches over a line's end, and ^ and $ stand at each."""

type Key = tuple[Target, str]

_BLANKS = re.compile(r"\s+")
_MIXED = re.compile(r"\w*(?:[A-Za-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][A-Za-z])\w*")
# Letters of Cyrillic and Greek that look like Latin ones; they count as those only within a word that has both.
_ALIKE = str.maketrans(
    "АВСЕНІЈКМОРЅТУХаеорсухіјѕԁɡһԛԝӏкмнтвгпᴠΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανιρτυ",
    "ABCEHIJKMOPSTYXaeopcyxijsdghqwlkmhtbrnvABEZHIKMNOPTYXoavipty",
)
_UNSEEN = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0,
     *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10),
     *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)]
)  # fmt: skip


class Link(Protocol):
    """A link of a message."""

    @property
    def href(self) -> str:
        """Where it leads."""


class Part(Protocol):
    """A part of a message."""

    @property
    def filename(self) -> str | None:
        """What it is called."""

    @property
    def type(self) -> str:
        """What it says it is."""


class Reading(Protocol):
    """A message taken apart, as far as rules look at it."""

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Names in lower case, and decoded values, in order."""

    @property
    def subject(self) -> str:
        """The subject, decoded."""

    @property
    def text(self) -> str:
        """All that a reader sees."""

    @property
    def source(self) -> str:
        """The decoded source of its texts, HTML as it is."""

    @property
    def links(self) -> Sequence[Link]:
        """Its links."""

    @property
    def parts(self) -> Sequence[Part]:
        """Its parts."""


def plain(text: str) -> str:
    """Return a text as rules see it: one blank between words, nothing unseen, letters in their usual form."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_UNSEEN))
        if _MIXED.search(text):
            text = _MIXED.sub(lambda word: word.group().translate(_ALIKE), text)
    return _BLANKS.sub(" ", text).strip()


def as_bytes(target: Target, text: str) -> bytes:
    """Return one text of a target as expressions are held against it."""
    match target:
        case Target.RAW:
            cleaned = text[:MOST_TEXT]
        case _ if target in LINES:
            cleaned = "\n".join(map(plain, text[:MOST_TEXT].splitlines()[:MOST_LINES]))
        case _:
            cleaned = plain(text[:MOST_TEXT])
    return cleaned.encode("utf-8", "replace")


def texts_of(reading: Reading, envelope: Envelope, wanted: Iterable[Key]) -> dict[Key, bytes]:
    """Return the texts of a message that somebody wants; a header that is not there has none."""
    found: dict[Key, bytes] = {}
    headers: dict[str, list[str]] = {}
    for name, value in reading.headers[:MOST_LINES]:
        headers.setdefault(name, []).append(_BLANKS.sub(" ", value))
    for key in wanted:
        target, field = key
        if target is Target.HEADER:
            if field in headers:
                found[key] = as_bytes(target, "\n".join(headers[field])) or b"\n"
        elif text := _text(target, reading, envelope):
            found[key] = as_bytes(target, text)
    return found


def _text(target: Target, reading: Reading, envelope: Envelope) -> str:
    match target:
        case Target.HEADERS:
            return "\n".join(
                f"{name}: {_BLANKS.sub(' ', value)}" for name, value in reading.headers[:MOST_LINES]
            )
        case Target.SUBJECT:
            return reading.subject
        case Target.BODY:
            return reading.text
        case Target.RAW:
            return reading.source
        case Target.URL:
            return _lines(link.href for link in reading.links[:MOST_LINES])
        case Target.ATTACHMENT:
            return _lines(part.filename or "" for part in reading.parts[:MOST_LINES])
        case Target.ATTACHMENT_TYPE:
            return _lines(part.type for part in reading.parts[:MOST_LINES])
        case Target.SENDER:
            return envelope.sender
        case Target.HELO:
            return envelope.helo
        case _:
            return ""


def _lines(values: Iterable[str]) -> str:
    return "\n".join(_BLANKS.sub(" ", value) for value in values if value)
