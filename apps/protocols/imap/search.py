"""The search tree (RFC 3501 6.4.4), shared by IMAP, webmail and API."""

import datetime as dt
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .dates import read_day
from .errors import ProtocolError
from .lexer import MAX_DEPTH, Lexer
from .sequence import SequenceSet

MAX_KEYS = 1000
"""How many keys one search may have."""


class When(enum.Enum):
    """How a date is compared: before it, on it, on it or later."""

    BEFORE = "BEFORE"
    ON = "ON"
    SINCE = "SINCE"


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    """Every key holds; there is at least one."""

    keys: tuple["Key", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two keys holds."""

    left: "Key"
    right: "Key"


@dataclass(frozen=True, slots=True)
class Not:
    """The key does not hold."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class HasFlag:
    r"""The message has a system flag (`\Seen`) or a keyword (`$Junk`)."""

    flag: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header field `name` (lower case) exists and holds `value`; an empty value asks only that it exists."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Body:
    """The text of the body holds `value`."""

    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """The header or the body holds `value`."""

    value: str


@dataclass(frozen=True, slots=True)
class Received:
    """The internal date, its time and zone disregarded."""

    when: When
    day: dt.date


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date header, its time and zone disregarded."""

    when: When
    day: dt.date


@dataclass(frozen=True, slots=True)
class Larger:
    """RFC822.SIZE is above `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """RFC822.SIZE is below `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The message number is in the set."""

    sequence: SequenceSet


@dataclass(frozen=True, slots=True)
class Uids:
    """The UID is in the set."""

    sequence: SequenceSet


@dataclass(frozen=True, slots=True)
class ModSeq:
    """The modification sequence is `least` or more (RFC 7162 3.1.5)."""

    least: int


@dataclass(frozen=True, slots=True)
class Recent:
    """The message is recent to this session."""


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """Something is attached; no IMAP client can ask for it, people do."""


@dataclass(frozen=True, slots=True)
class Filename:
    """The name of an attached file holds `value`; people's, too."""

    value: str


type Key = (
    All
    | And
    | Or
    | Not
    | HasFlag
    | Header
    | Body
    | Text
    | Received
    | Sent
    | Larger
    | Smaller
    | Numbers
    | Uids
    | ModSeq
    | Recent
    | HasAttachment
    | Filename
)

CHARSETS: Mapping[str, str] = {
    "US-ASCII": "ascii",
    "UTF-8": "utf-8",
    "ISO-8859-1": "iso-8859-1",
    "ISO-8859-2": "iso-8859-2",
    "ISO-8859-15": "iso-8859-15",
    "WINDOWS-1250": "windows-1250",
    "WINDOWS-1251": "windows-1251",
    "WINDOWS-1252": "windows-1252",
    "KOI8-R": "koi8-r",
    "ISO-2022-JP": "iso-2022-jp",
    "SHIFT_JIS": "shift_jis",
    "EUC-JP": "euc-jp",
    "GB18030": "gb18030",
    "BIG5": "big5",
}
"""The charsets a search may be written in, and what Python calls them."""


def parse_charset(lexer: Lexer) -> str:
    """Read the name after CHARSET and return its codec; an unknown one is NO [BADCHARSET]."""
    name = lexer.astring().decode("ascii", "replace").upper()
    if name not in CHARSETS:
        names = " ".join(CHARSETS)
        raise ProtocolError("Unknown charset", status="NO", code=f"BADCHARSET ({names})")
    return CHARSETS[name]


def parse_keys(lexer: Lexer, codec: str = "utf-8") -> Key:
    """Read the keys of a SEARCH up to the end of the command."""
    return _Parser(lexer, codec).keys(b"", 0)


class _Parser:
    """One search being read; counts its keys, for a short line can hold many."""

    def __init__(self, lexer: Lexer, codec: str) -> None:
        self.lexer = lexer
        self.codec = codec
        self.left = MAX_KEYS

    def keys(self, closing: bytes, depth: int) -> Key:
        """Read one or more keys, all of which must hold."""
        keys = [self.key(depth)]
        while not (self.lexer.take(closing) if closing else self.lexer.at_end):
            self.lexer.space()
            if not closing and self.lexer.at_end:  # A space at the end; mutt is not alone in sending it.
                break
            keys.append(self.key(depth))
        return keys[0] if len(keys) == 1 else And(tuple(keys))

    def key(self, depth: int) -> Key:
        """Read one key."""
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            raise ProtocolError("The search is too complex", status="NO", code="LIMIT")
        lexer = self.lexer
        if lexer.take(b"("):
            return self.keys(b")", depth + 1)
        if lexer.peek() in b"0123456789*" and not lexer.at_end:
            return Numbers(SequenceSet.parse(lexer.sequence()))
        name = lexer.keyword()
        if name in _SIMPLE:
            return _SIMPLE[name]
        if name == b"NOT":
            lexer.space()
            return Not(self.key(depth + 1))
        if name == b"OR":
            lexer.space()
            left = self.key(depth + 1)
            lexer.space()
            return Or(left, self.key(depth + 1))
        read = _WITH_ARGUMENT.get(name)
        if read is None:
            raise ProtocolError("Unknown search key")
        lexer.space()
        return read(self)

    def text(self) -> str:
        """Read a string in the search's charset."""
        try:
            return self.lexer.astring().decode(self.codec)
        except UnicodeDecodeError:
            raise ProtocolError("A search string is not in its charset") from None

    def header(self) -> Header:
        """Read the name and the value of HEADER."""
        name = self.lexer.astring().decode("utf-8", "replace").lower()
        self.lexer.space()
        return Header(name, self.text())

    def mod_sequence(self) -> ModSeq:
        """Read MODSEQ's number; the entry before it is read over, for we keep one number for all flags."""
        if self.lexer.peek() == b'"':
            self.lexer.string()
            self.lexer.space()
            if self.lexer.keyword() not in (b"PRIV", b"SHARED", b"ALL"):
                raise ProtocolError("Unknown entry type")
            self.lexer.space()
        return ModSeq(self.lexer.modseq())


_SEEN, _RECENT = HasFlag("\\Seen"), Recent()
_SIMPLE: Mapping[bytes, Key] = {
    b"ALL": All(),
    b"ANSWERED": HasFlag("\\Answered"),
    b"DELETED": HasFlag("\\Deleted"),
    b"DRAFT": HasFlag("\\Draft"),
    b"FLAGGED": HasFlag("\\Flagged"),
    b"SEEN": _SEEN,
    b"RECENT": _RECENT,
    b"NEW": And((_RECENT, Not(_SEEN))),
    b"OLD": Not(_RECENT),
    b"UNANSWERED": Not(HasFlag("\\Answered")),
    b"UNDELETED": Not(HasFlag("\\Deleted")),
    b"UNDRAFT": Not(HasFlag("\\Draft")),
    b"UNFLAGGED": Not(HasFlag("\\Flagged")),
    b"UNSEEN": Not(_SEEN),
}


def _field(name: str) -> Callable[[_Parser], Key]:
    return lambda parser: Header(name, parser.text())


def _received(when: When) -> Callable[[_Parser], Key]:
    return lambda parser: Received(when, read_day(parser.lexer.astring()))


def _sent(when: When) -> Callable[[_Parser], Key]:
    return lambda parser: Sent(when, read_day(parser.lexer.astring()))


_WITH_ARGUMENT: Mapping[bytes, Callable[[_Parser], Key]] = {
    b"BCC": _field("bcc"),
    b"CC": _field("cc"),
    b"FROM": _field("from"),
    b"SUBJECT": _field("subject"),
    b"TO": _field("to"),
    b"BODY": lambda parser: Body(parser.text()),
    b"TEXT": lambda parser: Text(parser.text()),
    b"HEADER": _Parser.header,
    b"KEYWORD": lambda parser: HasFlag(parser.lexer.flag()),
    b"UNKEYWORD": lambda parser: Not(HasFlag(parser.lexer.flag())),
    b"BEFORE": _received(When.BEFORE),
    b"ON": _received(When.ON),
    b"SINCE": _received(When.SINCE),
    b"SENTBEFORE": _sent(When.BEFORE),
    b"SENTON": _sent(When.ON),
    b"SENTSINCE": _sent(When.SINCE),
    b"LARGER": lambda parser: Larger(parser.lexer.number(most=2**63 - 1)),
    b"SMALLER": lambda parser: Smaller(parser.lexer.number(most=2**63 - 1)),
    b"UID": lambda parser: Uids(SequenceSet.parse(parser.lexer.sequence())),
    b"MODSEQ": _Parser.mod_sequence,
}
