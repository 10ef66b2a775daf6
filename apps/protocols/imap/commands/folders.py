"""Commands on folders, legal once the client is authenticated (RFC 3501 6.3, RFC 5258, 5819, 6154, 7162)."""

import enum
from dataclasses import dataclass

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.utf7 import decode

MAX_NAME = 1000
MAX_PATTERNS = 50


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT and EXAMINE (RFC 3501 6.3.1, 6.3.2), with the parameter CONDSTORE (RFC 7162 3.1.8)."""

    name: str
    read_only: bool
    condstore: bool


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE (RFC 3501 6.3.3), with the parameter USE (RFC 6154 3)."""

    name: str
    special_use: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE (RFC 3501 6.3.4)."""

    name: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME (RFC 3501 6.3.5)."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE (RFC 3501 6.3.6)."""

    name: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """UNSUBSCRIBE (RFC 3501 6.3.7)."""

    name: str


class StatusItem(enum.Enum):
    """What STATUS can be asked for (RFC 3501 6.3.10, RFC 7162 3.1.7, RFC 7889 4)."""

    MESSAGES = b"MESSAGES"
    RECENT = b"RECENT"
    UIDNEXT = b"UIDNEXT"
    UIDVALIDITY = b"UIDVALIDITY"
    UNSEEN = b"UNSEEN"
    HIGHESTMODSEQ = b"HIGHESTMODSEQ"
    APPENDLIMIT = b"APPENDLIMIT"
    SIZE = b"SIZE"


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS (RFC 3501 6.3.10)."""

    name: str
    items: tuple[StatusItem, ...]


@dataclass(frozen=True, slots=True)
class List:
    """LIST (RFC 3501 6.3.8, RFC 5258); `select` and `returns` are upper case, and empty for plain LIST."""

    reference: str
    patterns: tuple[str, ...]
    select: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[StatusItem, ...] = ()
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Lsub:
    """LSUB (RFC 3501 6.3.9)."""

    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE (RFC 2342)."""


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE (RFC 5161); the capabilities in upper case."""

    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idle:
    """IDLE (RFC 2177)."""


SELECT_OPTIONS = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})
RETURN_OPTIONS = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS"})


def folder_name(lexer: Lexer) -> str:
    """Read a folder's name; INBOX in any case becomes INBOX (RFC 3501 5.1)."""
    name = decode(lexer.astring())
    if len(name) > MAX_NAME:
        raise ProtocolError("Mailbox name too long", status="NO", code="LIMIT")
    head, slash, rest = name.partition("/")
    return f"INBOX{slash}{rest}" if head.upper() == "INBOX" else name


def _one_name(lexer: Lexer) -> str:
    lexer.space()
    name = folder_name(lexer)
    lexer.end()
    return name


def parse_select(lexer: Lexer, *, read_only: bool = False) -> Select:
    """Read SELECT's folder and parameters."""
    lexer.space()
    name = folder_name(lexer)
    condstore = False
    if lexer.take(b" ") and not lexer.at_end:
        if any(word != b"CONDSTORE" for word in lexer.items(Lexer.keyword)):
            raise ProtocolError("Unknown parameter of SELECT")
        condstore = True
    lexer.end()
    return Select(name, read_only=read_only, condstore=condstore)


def parse_examine(lexer: Lexer) -> Select:
    """Read EXAMINE's folder and parameters."""
    return parse_select(lexer, read_only=True)


def parse_create(lexer: Lexer) -> Create:
    """Read CREATE's folder and its special uses."""
    lexer.space()
    name = folder_name(lexer)
    uses: tuple[str, ...] = ()
    if lexer.take(b" ") and not lexer.at_end:
        lexer.expect(b"(")
        if lexer.keyword() != b"USE":
            raise ProtocolError("Unknown parameter of CREATE")
        lexer.space()
        uses = lexer.items(Lexer.flag, empty=True)
        lexer.expect(b")")
    lexer.end()
    return Create(name, uses)


def parse_delete(lexer: Lexer) -> Delete:
    """Read DELETE's folder."""
    return Delete(_one_name(lexer))


def parse_rename(lexer: Lexer) -> Rename:
    """Read RENAME's two names."""
    lexer.space()
    name = folder_name(lexer)
    return Rename(name, _one_name(lexer))


def parse_subscribe(lexer: Lexer) -> Subscribe:
    """Read SUBSCRIBE's folder."""
    return Subscribe(_one_name(lexer))


def parse_unsubscribe(lexer: Lexer) -> Unsubscribe:
    """Read UNSUBSCRIBE's folder."""
    return Unsubscribe(_one_name(lexer))


def _status_item(lexer: Lexer) -> StatusItem:
    try:
        return StatusItem(lexer.keyword())
    except ValueError:
        raise ProtocolError("Unknown status item") from None


def parse_status(lexer: Lexer) -> Status:
    """Read STATUS's folder and items."""
    lexer.space()
    name = folder_name(lexer)
    lexer.space()
    items = lexer.items(_status_item)
    lexer.end()
    return Status(name, tuple(dict.fromkeys(items)))


def parse_lsub(lexer: Lexer) -> Lsub:
    """Read LSUB's reference and pattern."""
    lexer.space()
    reference = decode(lexer.astring())
    lexer.space()
    pattern = decode(lexer.pattern())
    lexer.end()
    return Lsub(reference, pattern)


def parse_list(lexer: Lexer) -> List:
    """Read LIST with its selection options, patterns and return options."""
    lexer.space()
    extended = lexer.peek() == b"("
    select: frozenset[str] = frozenset()
    if extended:
        select = frozenset(_option(word, SELECT_OPTIONS) for word in lexer.items(Lexer.keyword, empty=True))
        lexer.space()
        if select & {"RECURSIVEMATCH", "REMOTE"} == select and "RECURSIVEMATCH" in select:
            raise ProtocolError("RECURSIVEMATCH needs another selection option")
    reference = decode(lexer.astring())
    lexer.space()
    if lexer.peek() == b"(":
        extended = True
        patterns = tuple(decode(pattern) for pattern in lexer.items(Lexer.pattern))
        if len(patterns) > MAX_PATTERNS:
            raise ProtocolError("Too many patterns", status="NO", code="LIMIT")
    else:
        patterns = (decode(lexer.pattern()),)
    returns: list[str] = []
    status: tuple[StatusItem, ...] = ()
    if lexer.take(b" ") and not lexer.at_end:
        extended = True
        if lexer.keyword() != b"RETURN":
            raise ProtocolError("Expected RETURN")
        lexer.space()
        for word, items in lexer.items(_return_option, empty=True):
            returns.append(word)
            status = items or status
    lexer.end()
    return List(reference, patterns, select, frozenset(returns), status, extended)


def _return_option(lexer: Lexer) -> tuple[str, tuple[StatusItem, ...]]:
    word = _option(lexer.keyword(), RETURN_OPTIONS)
    if word != "STATUS":
        return word, ()
    lexer.space()
    return word, tuple(dict.fromkeys(lexer.items(_status_item)))


def _option(word: bytes, known: frozenset[str]) -> str:
    option = word.decode("ascii")
    if option not in known:
        raise ProtocolError("Unknown option of LIST")
    return option


def parse_enable(lexer: Lexer) -> Enable:
    """Read ENABLE's capabilities; unknown ones are no error (RFC 5161 3.1)."""
    lexer.space()
    names = [lexer.keyword().decode("ascii")]
    while lexer.take(b" ") and not lexer.at_end:
        names.append(lexer.keyword().decode("ascii"))
    lexer.end()
    return Enable(tuple(names))
