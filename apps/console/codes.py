"""The pages about replies, docs/codes, as the console shows them: what one means, and what to do about it."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

_CODE = re.compile(r"([245][0-9]{2})[ -]([245][.][0-9]{1,3}[.][0-9]{1,3})")
_MARKS = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a paragraph: plain, `strong` or `code`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class CodePage:
    """What there is to say about one reply."""

    code: str
    title: str
    paragraphs: tuple[tuple[Piece, ...], ...]


def name_in(reply: str) -> str:
    """Return the name of the page about a reply; empty where there is none."""
    found = _CODE.match(reply)
    name = f"{found[1]}-{found[2]}" if found else ""
    return name if name in _names() else ""


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in _directory().glob("[245]*.md"))


def _directory() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "codes"


@functools.cache
def page_about(name: str) -> CodePage | None:
    """Return the page of this name."""
    if name not in _names():
        return None
    head, *blocks = (_directory() / f"{name}.md").read_text(encoding="utf-8").strip().split("\n\n")
    code, _, title = head.removeprefix("# ").partition(": ")
    return CodePage(code, title, tuple(map(_pieces, blocks)))


def _pieces(block: str) -> tuple[Piece, ...]:
    pieces, at = [], 0
    for mark in _MARKS.finditer(block):
        pieces.append(Piece("", block[at : mark.start()]))
        pieces.append(Piece("strong", mark[1]) if mark[1] else Piece("code", mark[2]))
        at = mark.end()
    pieces.append(Piece("", block[at:]))
    return tuple(piece for piece in pieces if piece.text)
