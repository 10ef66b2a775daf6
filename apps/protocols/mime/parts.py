"""Where each part of a message lies in its bytes, packed for a table column (RFC 3501 6.4.5).

A message is a tree of entities; each has a header and a body. Packed, an entity is four variable-length
integers (children and kind, start, length of header, length of body), parents before children, each start
counted from where the writer stood: some seven bytes an entity, so most messages need fewer than sixty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LEAF, MULTIPART, MESSAGE = 0, 1, 2
_VERSION = 1
_CHILDREN = {LEAF: 0, MESSAGE: 1}
_LONGEST_SHIFT = 63


class Section(StrEnum):
    """What of a part is asked for: `BODY[n]`, `BODY[n.MIME]`, `BODY[n.HEADER]` or `BODY[n.TEXT]`."""

    BODY = ""
    MIME = "MIME"
    HEADER = "HEADER"
    TEXT = "TEXT"


@dataclass(slots=True)
class Entity:
    """A header and a body: a message, a part of a multipart, or a message inside a part."""

    start: int
    body_start: int
    end: int
    kind: int
    children: Sequence[Entity]


type Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PartTable:
    """The tree of one message, and where a section of it starts and ends in the blob."""

    root: Entity

    def encode(self) -> bytes:
        """Return the packed form."""
        out = bytearray((_VERSION,))
        stack = [self.root]
        position = 0
        while stack:
            entity = stack.pop()
            children = entity.children
            for number in (
                len(children) << 2 | entity.kind,
                entity.start - position,
                entity.body_start - entity.start,
                entity.end - entity.body_start,
            ):
                rest = number
                while rest > 127:
                    out.append(rest & 127 | 128)
                    rest >>= 7
                out.append(rest)
            position = entity.body_start if children else entity.end
            if children:
                stack.extend(reversed(children))
        return bytes(out)

    @classmethod
    def decode(cls, packed: bytes) -> PartTable:
        """Read the packed form back; ValueError when it is not one."""
        if not packed or packed[0] != _VERSION:
            raise ValueError("not a part table")
        try:
            return cls(_Reader(packed).root())
        except IndexError:
            raise ValueError("not a part table") from None

    @property
    def size(self) -> int:
        """The length of the blob."""
        return self.root.end

    def section(self, path: Sequence[int], kind: Section | str = Section.BODY) -> Span | None:
        """Return (start, end) in the blob of a section, or None when the message has no such part.

        The empty path with BODY is the whole message. Readers prepend a Content's prefix to the whole
        message and to its HEADER.
        """
        if not path:
            root = self.root
            match kind:
                case Section.BODY:
                    return root.start, root.end
                case Section.HEADER:
                    return root.start, root.body_start
                case Section.TEXT:
                    return root.body_start, root.end
            return None
        part = self._part(path)
        if part is None:
            return None
        match kind:
            case Section.BODY:
                return part.body_start, part.end
            case Section.MIME:
                return part.start, part.body_start
        if part.kind != MESSAGE:
            return None
        inner = part.children[0]
        if kind == Section.HEADER:
            return inner.start, inner.body_start
        return (inner.body_start, inner.end) if kind == Section.TEXT else None

    def _part(self, path: Sequence[int]) -> Entity | None:
        """Walk a path; in a message that is not multipart, part 1 is its body."""
        entity = self.root
        message = True  # Whether `entity` is a message, whose body is itself numbered.
        for number in path:
            if not message and entity.kind == MESSAGE:
                entity = entity.children[0]
                message = True
            if entity.kind == MULTIPART:
                if not 1 <= number <= len(entity.children):
                    return None
                entity = entity.children[number - 1]
            elif not message or number != 1:
                return None
            message = False
        return entity


class _Reader:
    """Reads variable-length integers; runs past the end with IndexError."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        self.at = 1
        self.position = 0

    def number(self) -> int:
        packed, at = self.packed, self.at
        value = shift = 0
        while (byte := packed[at]) > 127:
            value |= (byte & 127) << shift
            shift += 7
            at += 1
            if shift > _LONGEST_SHIFT:
                raise ValueError("not a part table")
        self.at = at + 1
        return value | byte << shift

    def entity(self) -> tuple[Entity, int]:
        shape = self.number()
        start = self.position + self.number()
        body_start = start + self.number()
        end = body_start + self.number()
        count = shape >> 2
        self.position = body_start if count else end
        kind = shape & 3
        if kind != MULTIPART and count != _CHILDREN.get(kind):
            raise ValueError("not a part table")
        return Entity(start, body_start, end, kind, []), count

    def root(self) -> Entity:
        root, count = self.entity()
        # (children of an entity, how many are still to come); a loop, for a tree may be a hundred deep.
        open_ = [(root, count)]
        while open_:
            parent, missing = open_.pop()
            if not missing:
                continue
            open_.append((parent, missing - 1))
            child, count = self.entity()
            parent.children.append(child)  # type: ignore[attr-defined]
            open_.append((child, count))
        if self.at != len(self.packed):
            raise ValueError("not a part table")
        return root
