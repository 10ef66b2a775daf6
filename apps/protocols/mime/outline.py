"""BODYSTRUCTURE as we keep it → the tree of a message's parts, without its bytes (RFC 3501 7.4.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .charsets import clean
from .headers import decode_words
from .parameters import Parameters, parameter

type Item = bytes | list["Item"] | None

_TOKEN = re.compile(rb'[()]|"((?:[^"\\]|\\.)*+)"|\{(\d+)\}\r\n|[^\s(){}"]++', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """What a message's structure says about one part."""

    number: str
    """As in BODY[2.1]; '' for a multipart that is the whole message."""
    media_type: str
    encoding: str = "7bit"
    size: int = 0
    """Of the bytes as they were sent, with their transfer encoding."""
    charset: str = ""
    flowed: bool = False
    delsp: bool = False
    cid: str = ""
    """Content-ID without its angle brackets."""
    disposition: str = ""
    name: str = ""
    """The file name, as the sender gave it."""
    start: str = ""
    """Of a multipart/related: the Content-ID of its root."""
    subject: str = ""
    """Of a message: its subject."""
    children: tuple["Part", ...] = field(default=())

    @property
    def path(self) -> tuple[int, ...]:
        """The number as a path into a PartTable."""
        return tuple(int(step) for step in self.number.split(".")) if self.number else ()

    def walk(self) -> Iterator["Part"]:
        """Yield this part and all below it, in order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))


def outline(structure: bytes) -> Part:
    """Read a structure; ValueError when it is none."""
    items = _read(structure)
    if not isinstance(items, list) or not items:
        raise ValueError("not a body structure")
    try:
        return _part(items, "", is_message=True)
    except (IndexError, TypeError, AttributeError, RecursionError, StopIteration):
        raise ValueError("not a body structure") from None


def _read(wire: bytes) -> Item:
    stack: list[list[Item]] = [[]]
    at = 0
    while at < len(wire):
        if wire[at] == 32:
            at += 1
            continue
        match = _TOKEN.match(wire, at)
        if match is None:
            raise ValueError("not a body structure")
        word, at = match[0], match.end()
        if word == b"(":
            stack.append([])
        elif word == b")":
            if len(stack) < 2:
                raise ValueError("not a body structure")
            done = stack.pop()
            stack[-1].append(done)
        elif match[1] is not None:
            stack[-1].append(_ESCAPED.sub(rb"\1", match[1]) if b"\\" in match[1] else match[1])
        elif match[2] is not None:
            end = at + int(match[2])
            stack[-1].append(wire[at:end])
            at = end
        else:
            stack[-1].append(None if word == b"NIL" else word)
    if len(stack) != 1 or len(stack[0]) != 1:
        raise ValueError("not a body structure")
    return stack[0][0]


def _part(items: list[Item], number: str, *, is_message: bool) -> Part:
    """Read one part; parts of a multipart are numbered below it, a message's only part is its number 1."""
    if isinstance(items[0], list):
        count = next(n for n, item in enumerate(items) if not isinstance(item, list))
        children = tuple(
            _part(child, f"{number}.{n}" if number else str(n), is_message=False)
            for n, child in enumerate(items[:count], 1)
            if isinstance(child, list)
        )
        params = _pairs(items[count + 1])
        return Part(
            number,
            f"multipart/{_text(items[count]).lower()}",
            start=parameter(params, b"start").strip("<> "),
            children=children,
        )
    if is_message:
        number = f"{number}.1" if number else "1"
    media_type = f"{_text(items[0])}/{_text(items[1])}".lower()
    params = _pairs(items[2])
    at = 7
    children, subject = (), ""
    if media_type == "message/rfc822" and isinstance(items[7], list):
        envelope, inner = items[7], items[8]
        subject = decode_words(_bytes(envelope[1]))
        if isinstance(inner, list):
            children = (_part(inner, number, is_message=True),)
        at = 10
    elif media_type.startswith("text/"):
        at = 8
    disposition = items[at + 1] if len(items) > at + 1 else None
    kind, said = "", list[tuple[bytes, bytes]]()
    if isinstance(disposition, list):
        kind, said = _text(disposition[0]).lower(), _pairs(disposition[1])
    size = _text(items[6])
    return Part(
        number,
        media_type,
        encoding=_text(items[5]).lower(),
        size=int(size) if size.isdigit() else 0,
        charset=parameter(params, b"charset").lower(),
        flowed=parameter(params, b"format").lower() == "flowed",
        delsp=parameter(params, b"delsp").lower() == "yes",
        cid=_text(items[3]).strip("<> \t"),
        disposition=kind,
        name=parameter(said, b"filename") or parameter(params, b"name"),
        subject=subject,
        children=children,
    )


def _pairs(item: Item) -> Parameters:
    if not isinstance(item, list):
        return []
    return [(_bytes(item[n]).lower(), _bytes(item[n + 1])) for n in range(0, len(item) - 1, 2)]


def _bytes(item: Item) -> bytes:
    return item if isinstance(item, bytes) else b""


def _text(item: Item) -> str:
    return clean(_bytes(item).decode("utf-8", "replace"))
