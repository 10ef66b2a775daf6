"""BODY[...] of a message: which bytes a section means, and how they are written (RFC 3501 6.4.5, 7.4.2)."""

from dataclasses import dataclass

from apps.protocols.mime import headers
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.parts import Section as Kind

from .commands import Portion, Section

_KINDS = {
    Portion.WHOLE: Kind.BODY,
    Portion.HEADER: Kind.HEADER,
    Portion.FIELDS: Kind.HEADER,
    Portion.FIELDS_NOT: Kind.HEADER,
    Portion.TEXT: Kind.TEXT,
    Portion.MIME: Kind.MIME,
}
_WITH_PREFIX = frozenset({Portion.WHOLE, Portion.HEADER, Portion.FIELDS, Portion.FIELDS_NOT})


@dataclass(frozen=True, slots=True)
class Needed:
    """The bytes of a section: some of the prefix (what we added on top), and then some of the blob."""

    prefix: slice
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes these are."""
        return int(self.prefix.stop - self.prefix.start) + self.end - self.start


def needed(section: Section, table: PartTable, prefix_size: int) -> Needed | None:
    """Return which bytes a section needs, no more of them than a partial fetch asks for; None for no such part."""
    span = table.section(section.part, _KINDS[section.portion])
    if span is None:
        return None
    start, end = span
    on_top = prefix_size if not section.part and section.portion in _WITH_PREFIX else 0
    if section.partial is None or section.fields:
        return Needed(slice(0, on_top), start, end)
    origin, length = section.partial
    first, last = min(origin, on_top + end - start), min(origin + length, on_top + end - start)
    low, high = start + max(0, first - on_top), start + max(0, last - on_top)
    return Needed(slice(min(first, on_top), min(last, on_top)), low, high)


def sendable(data: bytes) -> bytes:
    """Return bytes as a literal may hold them: any but NUL (RFC 3501 9, CHAR8).

    A NUL goes out as 0x80, as from Dovecot: whatever counts octets (RFC822.SIZE, partial fetches, the sizes of
    BODYSTRUCTURE) stays true, and no text has 0x80 by itself. literal8 is for clients that ask for BINARY (RFC 3516).
    What is kept is not touched. Where there is no NUL, this is one memchr and no copy.
    """
    return data.replace(b"\0", b"\x80")


def opening(section: Section, size: int) -> bytes:
    """Return what stands before the bytes of a section; so a large one need not be in memory at once."""
    return b"%b {%d}\r\n" % (_name(section), size)


def written(section: Section, data: bytes | None) -> bytes:
    """Return the item as it goes over the wire, made of the bytes `needed` named."""
    if data is None:
        return _name(section) + b" NIL"
    if section.fields:
        data = headers.subset(data, section.fields, invert=section.portion is Portion.FIELDS_NOT)
        if section.partial is not None:
            origin, length = section.partial
            data = data[origin : origin + length]
    return opening(section, len(data)) + sendable(data)


def _name(section: Section) -> bytes:
    return section.label if section.partial is None else b"%b<%d>" % (section.label, section.partial[0])
