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

_OTHER = "\u0370-\u03ff\u0400-\u04ff"
_BESIDE = re.compile(f"[A-Za-z][{_OTHER}]|[{_OTHER}][A-Za-z]")
_WORD = re.compile(r"\w+")
# Letters of Cyrillic and Greek that look like Latin ones; they count as those only within a word that has both.
_ALIKE = str.maketrans(
    "АВСЕНІЈКМОРЅТУХаеорсухіјѕԁɡһԛԝӏкмнтвгпᴠΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανιρτυ",
    "ABCEHIJKMOPSTYXaeopcyxijsdghqwlkmhtbrnvABEZHIKMNOPTYXoavipty",
)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


class Link(Protocol):
    """A link of a message."""

    @property
    def href(self) -> str:
        """Where it leads."""


class Part(Protocol):
    """A file of a message."""

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
    def attachments(self) -> Sequence[Part]:
        """What a reader finds as files."""


def plain(text: str) -> str:
    """Return a text as rules see it: one blank between words, nothing unseen, letters in their usual form."""
    if not text.isascii():
        if _UNSEEN.search(text):
            text = _UNSEEN.sub("", text)
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)
        if _BESIDE.search(text):
            text = _WORD.sub(_folded, text)
    return " ".join(text.split())


def _folded(found: re.Match[str]) -> str:
    word = found.group()
    return word.translate(_ALIKE) if not word.isascii() and _BESIDE.search(word) else word


def as_bytes(target: Target, text: str) -> bytes:
    """Return one text of a target as expressions are held against it."""
    match target:
        case Target.RAW:
            cleaned = text[:MOST_TEXT]
        case _ if target in LINES:
            return _lined(text[:MOST_TEXT].splitlines()[:MOST_LINES])
        case _:
            cleaned = plain(text[:MOST_TEXT])
    return cleaned.encode("utf-8", "replace")


def texts_of(reading: Reading, envelope: Envelope, wanted: Iterable[Key]) -> dict[Key, bytes]:
    """Return the texts of a message that somebody wants; a header that is not there has none."""
    found: dict[Key, bytes] = {}
    headers: dict[str, list[str]] = {}
    for name, value in reading.headers[:MOST_LINES]:
        headers.setdefault(name, []).append(value)
    for key in wanted:
        target, field = key
        if target is Target.HEADER:
            if field in headers:
                found[key] = _lined(headers[field]) or b"\n"
        elif text := _text(target, reading, envelope):
            found[key] = as_bytes(target, text)
    return found


def _text(target: Target, reading: Reading, envelope: Envelope) -> str:
    match target:
        case Target.HEADERS:
            return _lines(f"{name}: {value}" for name, value in reading.headers[:MOST_LINES])
        case Target.SUBJECT:
            return reading.subject
        case Target.BODY:
            return reading.text
        case Target.RAW:
            return reading.source
        case Target.URL:
            return _lines(link.href for link in reading.links[:MOST_LINES])
        case Target.ATTACHMENT:
            return _lines(part.filename or "" for part in reading.attachments[:MOST_LINES])
        case Target.ATTACHMENT_TYPE:
            return _lines(part.type for part in reading.attachments[:MOST_LINES])
        case Target.SENDER:
            return envelope.sender
        case Target.HELO:
            return envelope.helo
        case _:
            return ""


def _lines(values: Iterable[str]) -> str:
    return "\n".join(" ".join(value.split()) for value in values if value)


def _lined(values: Iterable[str]) -> bytes:
    return "\n".join(map(plain, values)).encode("utf-8", "replace")
