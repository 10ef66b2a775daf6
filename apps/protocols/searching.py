"""What people type into a search box → the search tree, and back.

`from: to: cc: bcc: subject: body: label: in: is: has: filename: larger: smaller: before: after: older_than:
newer_than: list:`, words, "exact words", `-not`, `OR` in capitals, which binds closer than what stands beside it,
and parentheses. Reading never fails: what is not understood is looked for as text, and a note says so.
"""

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .imap.search import (
    All,
    And,
    Body,
    Filename,
    HasAttachment,
    HasFlag,
    Header,
    Key,
    Larger,
    Not,
    Or,
    Received,
    Smaller,
    Text,
    When,
)

MOST_CHARACTERS = 2000
MOST_TERMS = 100
MOST_DEPTH = 20


class Why(enum.StrEnum):
    """What a note is about."""

    UNKNOWN_OPERATOR = "unknown operator"
    UNKNOWN_VALUE = "unknown value"
    NO_VALUE = "no value"
    FOLDER_INSIDE = "folder inside"
    TOO_LONG = "too long"


@dataclass(frozen=True, slots=True)
class Note:
    """Something was not understood as it may have been meant."""

    why: Why
    text: str


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and in which folders: those of `folders` if there are any, none of `not_in`.

    Folders are as typed: names, or one of `PLACES`.
    """

    key: Key = field(default_factory=All)
    folders: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


PLACES: Mapping[str, str] = {
    "inbox": "INBOX",
    "sent": "\\Sent",
    "drafts": "\\Drafts",
    "archive": "\\Archive",
    "junk": "\\Junk",
    "spam": "\\Junk",
    "trash": "\\Trash",
    "bin": "\\Trash",
}
"""Folders by what people call them: a special use, or INBOX."""

ANYWHERE = "anywhere"
"""`in:anywhere`: Trash and Junk, too."""

_IS: Mapping[str, Key] = {
    "read": HasFlag("\\Seen"),
    "unread": Not(HasFlag("\\Seen")),
    "starred": HasFlag("\\Flagged"),
    "answered": HasFlag("\\Answered"),
    "draft": HasFlag("\\Draft"),
    "forwarded": HasFlag("$Forwarded"),
    "important": HasFlag("$Important"),
}
_FLAG_WORDS = {key.flag: word for word, key in _IS.items() if isinstance(key, HasFlag)}
_FIELDS = {"from": "from", "to": "to", "cc": "cc", "bcc": "bcc", "subject": "subject", "list": "list-id"}
_FIELD_WORDS = {name: word for word, name in _FIELDS.items()}

_TOKEN = re.compile(
    r"\s*+(?:(?P<minus>-(?=[^\s)]))|(?P<open>\()|(?P<close>\))"
    r'|(?P<name>[A-Za-z_]{1,20}):(?:"(?P<nquoted>(?:[^"\\]|\\.)*+)"?|(?P<nplain>[^\s()"]*+))'
    r'|"(?P<quoted>(?:[^"\\]|\\.)*+)"?|(?P<word>[^\s()"]++))',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SIZE = re.compile(r"(\d{1,15})([kmg]?)b?", re.IGNORECASE)
_AGE = re.compile(r"(\d{1,5})([dwmy])", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def parse(text: str, *, today: dt.date) -> Search:
    """Read what was typed; never raises."""
    reader = _Reader(text[:MOST_CHARACTERS], today)
    if len(text) > MOST_CHARACTERS:
        reader.note(Why.TOO_LONG, "")
    key = reader.all_of(0)
    return Search(key, tuple(reader.folders), tuple(reader.not_in), tuple(reader.notes))


class _Reader:
    """One text being read."""

    def __init__(self, text: str, today: dt.date) -> None:
        self.today = today
        self.tokens = list(_TOKEN.finditer(text))
        self.at = 0
        self.terms = 0
        self.folders: list[str] = []
        self.not_in: list[str] = []
        self.notes: list[Note] = []

    def note(self, why: Why, text: str) -> None:
        if (note := Note(why, text)) not in self.notes:
            self.notes.append(note)

    def peek(self, group: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][group] is not None

    def take(self, group: str) -> bool:
        if self.peek(group):
            self.at += 1
            return True
        return False

    def is_or(self) -> bool:
        return self.peek("word") and self.tokens[self.at]["word"] == "OR"

    def all_of(self, depth: int) -> Key:
        """Read up to the end, or to the parenthesis that closes what was opened at this depth."""
        keys: list[Key] = []
        while self.at < len(self.tokens):
            if self.peek("close"):
                if depth:
                    break
                self.at += 1
                continue
            if (key := self.any_of(depth)) is not None:
                keys.append(key)
        return _one(keys)

    def any_of(self, depth: int) -> Key | None:
        """Read one key, and those that OR joins to it."""
        if self.is_or():
            self.at += 1
            return None
        left = self.key(depth, negated=False)
        while self.is_or():
            self.at += 1
            if self.at == len(self.tokens) or self.peek("close"):
                break
            right = None if self.is_or() else self.key(depth, negated=False, alone=False)
            if right is not None:
                left = right if left is None else Or(left, right)
        return left

    def key(self, depth: int, *, negated: bool, alone: bool = True) -> Key | None:
        """Read one key; None for nothing, and for a folder, which is noted apart."""
        nots = 0
        while self.take("minus"):
            nots += 1
        if self.at == len(self.tokens) or self.peek("close"):
            return None
        self.terms += 1
        if self.terms > MOST_TERMS or depth >= MOST_DEPTH:
            self.note(Why.TOO_LONG, "")
            self.at = len(self.tokens)
            return None
        if self.take("open"):
            found: Key | None = self.all_of(depth + 1)
            self.take("close")
            if isinstance(found, All):
                found = None
        else:
            match = self.tokens[self.at]
            self.at += 1
            outermost = depth == 0 and alone and nots < 2 and not self.is_or()
            found = self.term(match, outermost=outermost, negated=nots == 1)
        for _ in range(nots if nots <= 2 else nots % 2 if found is not None else 0):
            found = None if found is None else Not(found)
        return found

    def term(self, match: re.Match[str], *, outermost: bool, negated: bool) -> Key | None:
        """Read one word, quoted text or operator."""
        if match["name"] is None:
            text = match["word"] if match["word"] is not None else _unescaped(match["quoted"])
            return Text(text) if text.strip() else None
        name = match["name"].lower()
        value = match["nplain"] if match["nplain"] is not None else _unescaped(match["nquoted"])
        written = match[0].strip()
        if name == "in":
            self.folder(value, outermost=outermost, negated=negated)
            return None
        read = _OPERATORS.get(name)
        if read is None:
            if not value.startswith("//"):
                self.note(Why.UNKNOWN_OPERATOR, name)
            return Text(written)
        if not value.strip():
            self.note(Why.NO_VALUE, name)
            return None
        key = read(self, value)
        if key is None:
            self.note(Why.UNKNOWN_VALUE, written)
            return Text(written)
        return key

    def folder(self, value: str, *, outermost: bool, negated: bool) -> None:
        if not value.strip():
            self.note(Why.NO_VALUE, "in")
        elif not outermost:
            self.note(Why.FOLDER_INSIDE, value)
        else:
            (self.not_in if negated else self.folders).append(value)

    def day(self, value: str) -> dt.date | None:
        if value.lower() in {"today", "yesterday"}:
            return self.today - dt.timedelta(days=value.lower() == "yesterday")
        if (match := _DAY.fullmatch(value)) is None:
            return None
        try:
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None

    def ago(self, value: str) -> dt.date | None:
        if (match := _AGE.fullmatch(value)) is None:
            return None
        try:
            return self.today - dt.timedelta(days=int(match[1]) * _DAYS[match[2].lower()])
        except OverflowError:
            return dt.date.min


def _one(keys: list[Key]) -> Key:
    return All() if not keys else keys[0] if len(keys) == 1 else And(tuple(keys))


def _unescaped(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted)


def _size(value: str) -> int | None:
    match = _SIZE.fullmatch(value)
    return int(match[1]) * _UNITS[match[2].lower()] if match else None


type _Read = Callable[[_Reader, str], Key | None]


def _field(name: str) -> _Read:
    return lambda _, value: Header(name, value)


def _sized(kind: type[Larger | Smaller]) -> _Read:
    def read(_: _Reader, value: str) -> Key | None:
        size = _size(value)
        return None if size is None else kind(size)

    return read


def _dated(when: When, day: Callable[[_Reader, str], dt.date | None]) -> _Read:
    def read(reader: _Reader, value: str) -> Key | None:
        found = day(reader, value)
        return None if found is None else Received(when, found)

    return read


_OPERATORS: Mapping[str, _Read] = {
    **{word: _field(name) for word, name in _FIELDS.items()},
    "body": lambda _, value: Body(value),
    "label": lambda _, value: HasFlag(value),
    "is": lambda _, value: _IS.get(value.lower()),
    "has": lambda _, value: HasAttachment() if value.lower() == "attachment" else None,
    "filename": lambda _, value: Filename(value),
    "larger": _sized(Larger),
    "smaller": _sized(Smaller),
    "before": _dated(When.BEFORE, _Reader.day),
    "after": _dated(When.SINCE, _Reader.day),
    "on": _dated(When.ON, _Reader.day),
    "older_than": _dated(When.BEFORE, _Reader.ago),
    "newer_than": _dated(When.SINCE, _Reader.ago),
}


def write(search: Search) -> str:
    """Return the text of a search, which reads back as the same; raises ValueError for what cannot be typed."""
    parts = [f"in:{_quoted(name)}" for name in search.folders]
    parts += [f"-in:{_quoted(name)}" for name in search.not_in]
    match search.key:
        case All():
            pass
        case And(keys):
            parts += map(_inner, keys)
        case key:
            parts.append(_inner(key))
    return " ".join(parts)


def _inner(key: Key) -> str:
    match key:
        case And(keys):
            return f"({' '.join(map(_inner, keys))})"
        case Or(left, right):
            return f"({_inner(left)} OR {_inner(right)})"
        case Not(inner):
            return f"-{_inner(inner)}"
    return _leaf(key)


def _leaf(key: Key) -> str:
    match key:
        case Text(value):
            return _quoted(value)
        case Body(value):
            return f"body:{_quoted(value)}"
        case Filename(value):
            return f"filename:{_quoted(value)}"
        case Header(name, value) if name in _FIELD_WORDS:
            return f"{_FIELD_WORDS[name]}:{_quoted(value)}"
        case HasFlag(flag):
            return f"is:{_FLAG_WORDS[flag]}" if flag in _FLAG_WORDS else f"label:{_quoted(flag)}"
        case HasAttachment():
            return "has:attachment"
        case Larger(size):
            return f"larger:{size}"
        case Smaller(size):
            return f"smaller:{size}"
        case Received(when, day):
            word = {When.BEFORE: "before", When.SINCE: "after", When.ON: "on"}[when]
            return f"{word}:{day.year:04}-{day.month:02}-{day.day:02}"
    raise ValueError(f"nobody can type {type(key).__name__}")


def _quoted(value: str) -> str:
    if re.fullmatch(r"[^\s()\":\\-][^\s()\":\\]*+", value) and value != "OR":
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
