"""FETCH and UID FETCH (RFC 3501 6.4.5, RFC 7162 3.1.4)."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.sequence import SequenceSet

MAX_PARTS = 50
MAX_ITEMS = 200
MAX_FIELDS = 200


class Item(enum.Enum):
    """What can be fetched, bodies apart; the value is its name in the answer."""

    UID = b"UID"
    FLAGS = b"FLAGS"
    INTERNALDATE = b"INTERNALDATE"
    SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    BODY = b"BODY"
    MODSEQ = b"MODSEQ"


class Portion(enum.Enum):
    """Which portion of a message or part a section names (RFC 3501 6.4.5)."""

    WHOLE = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"


@dataclass(frozen=True, slots=True)
class Section:
    r"""BODY[...], BODY.PEEK[...] and the old RFC822 items.

    `part` is the path (1, 2) of BODY[1.2], empty for the message; `fields` are names in lower case.
    `label` is the item's name in the answer, without the origin of a partial fetch. A section that is not
    `peek` sets \Seen.
    """

    label: bytes
    portion: Portion = Portion.WHOLE
    part: tuple[int, ...] = ()
    fields: tuple[bytes, ...] = ()
    partial: tuple[int, int] | None = None
    peek: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH and UID FETCH, with CHANGEDSINCE."""

    uid: bool
    sequence: SequenceSet
    items: tuple[Item | Section, ...]
    changed_since: int | None = None

    @property
    def sets_seen(self) -> bool:
        r"""Whether it sets \Seen."""
        return any(isinstance(item, Section) and not item.peek for item in self.items)


_ALL = (Item.FLAGS, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE)
_MACROS: Mapping[bytes, tuple[Item, ...]] = {
    b"ALL": _ALL,
    b"FAST": _ALL[:3],
    b"FULL": (*_ALL, Item.BODY),
}
_NAMED: Mapping[bytes, Item | Section] = {
    **{item.value: item for item in Item},
    b"RFC822": Section(b"RFC822"),
    b"RFC822.HEADER": Section(b"RFC822.HEADER", Portion.HEADER, peek=True),
    b"RFC822.TEXT": Section(b"RFC822.TEXT", Portion.TEXT),
}
_NAME = re.compile(rb"[A-Za-z0-9.]+")
_PATH = re.compile(rb"[1-9][0-9]{0,9}")
_PRINTABLE = re.compile(rb"[\x20-\x7e]*+")
_FIELD_QUOTED = re.compile(rb'[\x00-\x20(){%*"\\\]]')


def parse_fetch(lexer: Lexer, *, uid: bool = False) -> Fetch:
    """Read FETCH's set, items and modifiers; UID FETCH always answers with the UID."""
    lexer.space()
    sequence = SequenceSet.parse(lexer.sequence())
    lexer.space()
    items = lexer.items(_item) if lexer.peek() == b"(" else _macro_or_item(lexer)
    if len(items) > MAX_ITEMS:
        raise ProtocolError("Too many items", status="NO", code="LIMIT")
    changed_since = None
    if lexer.take(b" ") and not lexer.at_end:
        changed_since = _changed_since(lexer)
    lexer.end()
    wanted = dict.fromkeys(items)
    if changed_since is not None:
        wanted[Item.MODSEQ] = None
    if uid:
        wanted = dict.fromkeys((Item.UID, *wanted))
    return Fetch(uid, sequence, tuple(wanted), changed_since)


def _changed_since(lexer: Lexer) -> int:
    lexer.expect(b"(")
    if lexer.keyword() != b"CHANGEDSINCE":
        raise ProtocolError("Unknown modifier of FETCH")
    lexer.space()
    modseq = lexer.modseq()
    lexer.expect(b")")
    return modseq


def _macro_or_item(lexer: Lexer) -> tuple[Item | Section, ...]:
    name = lexer.word(_NAME, "an item").upper()
    return _MACROS[name] if name in _MACROS else (_finish(lexer, name),)


def _item(lexer: Lexer) -> Item | Section:
    return _finish(lexer, lexer.word(_NAME, "an item").upper())


def _finish(lexer: Lexer, name: bytes) -> Item | Section:
    if name in (b"BODY", b"BODY.PEEK") and lexer.take(b"["):
        return _section(lexer, peek=name == b"BODY.PEEK")
    item = _NAMED.get(name)
    if item is None:
        raise ProtocolError("Unknown item of FETCH")
    return item


def _section(lexer: Lexer, *, peek: bool) -> Section:
    part: list[int] = []
    portion = Portion.WHOLE
    fields: tuple[bytes, ...] = ()
    while not lexer.looking_at(b"]"):
        number = lexer.optional(_PATH)
        if number is None:
            portion = _portion(lexer, part)
            if portion in (Portion.FIELDS, Portion.FIELDS_NOT):
                lexer.space()
                fields = lexer.items(Lexer.astring)
            break
        part.append(int(number))
        if len(part) > MAX_PARTS or part[-1] >= 2**32:
            raise ProtocolError("Section too deep")
        if not lexer.take(b"."):
            break
        if lexer.looking_at(b"]"):
            raise ProtocolError("Invalid section")
    lexer.expect(b"]")
    if len(fields) > MAX_FIELDS:
        raise ProtocolError("Too many header fields", status="NO", code="LIMIT")
    return Section(
        _label(part, portion, fields),
        portion,
        tuple(part),
        tuple(field.lower() for field in fields),
        _partial(lexer),
        peek,
    )


def _portion(lexer: Lexer, part: list[int]) -> Portion:
    try:
        portion = Portion(lexer.word(_NAME, "a section").upper())
    except ValueError:
        raise ProtocolError("Unknown section") from None
    if portion is Portion.MIME and not part:
        raise ProtocolError("MIME needs a part number")
    return portion


def _partial(lexer: Lexer) -> tuple[int, int] | None:
    if not lexer.take(b"<"):
        return None
    start = lexer.number(most=2**63 - 1)
    lexer.expect(b".")
    length = lexer.number(most=2**63 - 1)
    lexer.expect(b">")
    if length == 0:
        raise ProtocolError("A partial fetch needs a length above zero")
    return start, length


def _label(part: list[int], portion: Portion, fields: tuple[bytes, ...]) -> bytes:
    words = [b"%d" % number for number in part]
    if portion is not Portion.WHOLE:
        words.append(portion.value)
    section = b".".join(words)
    if fields:
        section += b" (%b)" % b" ".join(map(_field, fields))
    return b"BODY[%b]" % section


def _field(name: bytes) -> bytes:
    if not _PRINTABLE.fullmatch(name):
        raise ProtocolError("Invalid header field name")
    if name and not _FIELD_QUOTED.search(name):
        return name.upper()
    return b'"%b"' % name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
