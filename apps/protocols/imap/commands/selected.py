"""Commands on the messages of the selected folder, FETCH apart (RFC 3501 6.4, 4315, 4731, 6851, 7162)."""

import enum
import re
from dataclasses import dataclass

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.search import Key, parse_charset, parse_keys
from apps.protocols.imap.sequence import SequenceSet

from .folders import folder_name


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK (RFC 3501 6.4.1)."""


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE (RFC 3501 6.4.2)."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """UNSELECT (RFC 3691)."""


@dataclass(frozen=True, slots=True)
class Expunge:
    """EXPUNGE (RFC 3501 6.4.3), and UID EXPUNGE with a set of UIDs (RFC 4315 2.1)."""

    uids: SequenceSet | None = None


class Change(enum.Enum):
    """What STORE does with its flags."""

    REPLACE = b"FLAGS"
    ADD = b"+FLAGS"
    REMOVE = b"-FLAGS"


@dataclass(frozen=True, slots=True)
class Store:
    """STORE and UID STORE (RFC 3501 6.4.6), with UNCHANGEDSINCE (RFC 7162 3.1.3)."""

    uid: bool
    sequence: SequenceSet
    change: Change
    flags: tuple[str, ...]
    silent: bool
    unchanged_since: int | None


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY and UID COPY (RFC 3501 6.4.7)."""

    uid: bool
    sequence: SequenceSet
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    """MOVE and UID MOVE (RFC 6851)."""

    uid: bool
    sequence: SequenceSet
    name: str


class Result(enum.Enum):
    """What SEARCH RETURN can ask for (RFC 4731 3.1)."""

    MIN = b"MIN"
    MAX = b"MAX"
    ALL = b"ALL"
    COUNT = b"COUNT"


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH and UID SEARCH (RFC 3501 6.4.4); `returns` is None for the plain answer of RFC 3501."""

    uid: bool
    key: Key
    returns: frozenset[Result] | None = None


def parse_expunge(lexer: Lexer) -> Expunge:
    """Read EXPUNGE."""
    lexer.end()
    return Expunge()


def parse_uid_expunge(lexer: Lexer) -> Expunge:
    """Read UID EXPUNGE's set."""
    lexer.space()
    uids = SequenceSet.parse(lexer.sequence())
    lexer.end()
    return Expunge(uids)


def parse_store(lexer: Lexer, *, uid: bool = False) -> Store:
    """Read STORE's set, modifier, item and flags."""
    lexer.space()
    sequence = SequenceSet.parse(lexer.sequence())
    lexer.space()
    unchanged_since = None
    if lexer.take(b"("):
        if lexer.keyword() != b"UNCHANGEDSINCE":
            raise ProtocolError("Unknown modifier of STORE")
        lexer.space()
        unchanged_since = lexer.modseq()
        lexer.expect(b")")
        lexer.space()
    item, dot, suffix = lexer.keyword().partition(b".")
    if dot and suffix != b"SILENT":
        raise ProtocolError("Unknown item of STORE")
    try:
        change = Change(item)
    except ValueError:
        raise ProtocolError("Unknown item of STORE") from None
    lexer.space()
    flags = lexer.items(Lexer.flag, empty=True) if lexer.peek() == b"(" else _bare_flags(lexer)
    lexer.end()
    return Store(uid, sequence, change, flags, bool(dot), unchanged_since)


def _bare_flags(lexer: Lexer) -> tuple[str, ...]:
    flags = [lexer.flag()]
    while lexer.take(b" ") and not lexer.at_end:
        flags.append(lexer.flag())
    return tuple(flags)


def parse_copy(lexer: Lexer, *, uid: bool = False) -> Copy:
    """Read COPY's set and folder."""
    sequence, name = _set_and_name(lexer)
    return Copy(uid, sequence, name)


def parse_move(lexer: Lexer, *, uid: bool = False) -> Move:
    """Read MOVE's set and folder."""
    sequence, name = _set_and_name(lexer)
    return Move(uid, sequence, name)


def _set_and_name(lexer: Lexer) -> tuple[SequenceSet, str]:
    lexer.space()
    sequence = SequenceSet.parse(lexer.sequence())
    lexer.space()
    name = folder_name(lexer)
    lexer.end()
    return sequence, name


_RETURN = re.compile(rb"RETURN (?=\()", re.IGNORECASE)
_CHARSET = re.compile(rb"CHARSET ", re.IGNORECASE)


def parse_search(lexer: Lexer, *, uid: bool = False) -> Search:
    """Read SEARCH's result options, charset and keys."""
    lexer.space()
    returns = None
    if lexer.optional(_RETURN):
        asked = lexer.items(_result, empty=True)
        returns = frozenset(asked) or frozenset({Result.ALL})
        lexer.space()
    codec = "utf-8"
    if lexer.optional(_CHARSET):
        codec = parse_charset(lexer)
        lexer.space()
    key = parse_keys(lexer, codec)
    return Search(uid, key, returns)


def _result(lexer: Lexer) -> Result:
    try:
        return Result(lexer.keyword())
    except ValueError:
        raise ProtocolError("Unknown result option of SEARCH") from None
