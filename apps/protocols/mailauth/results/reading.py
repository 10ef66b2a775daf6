"""Fields of results are read, ours told from forged ones, and gathered for a seal (RFC 8601).

What a field says is worth what its authserv-id is: fields that bear ours and came from outside are forged.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.protocols.addresses import AddressError, DomainName
from apps.protocols.mime.headers import decode_words, header_end, unfold

FIELD = b"authentication-results"
READ_LIMIT = 64 * 1024
"""A field is read so far."""
METHODS_LIMIT = 100
HEAD_LIMIT = 1000
FIELDS_LIMIT = 100
"""What hides its authserv-id behind so many fields, or within one behind so much, is not worth the time to find it."""

_OURS = re.compile(
    rb"(?<![^\r\n])authentication-results[ \t]*+:((?:[^\r\n]++|(?:\r\n?|\n)(?=[ \t]))*+)(?:\r\n?|\n)?",
    re.IGNORECASE,
)
_BLANK = re.compile(r"[ \t\r\n]+")
_IN_COMMENT = re.compile(r"[^()\\]+|\\.", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_FOLD = re.compile(r"[\r\n]+[ \t]")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_WORD = re.compile(r'[^ \t\r\n;"()=/]+')
_VALUE = re.compile(r'[^ \t\r\n;"()]+')
_NUMBER = re.compile(r"[0-9]{1,9}")
_BARE = re.compile(r"[\w.-]+")
_NO_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Property:
    """One thing a result is about: `smtp.mailfrom=alice@example.test`."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Method:
    """One result: `spf=pass`, and what it is about."""

    name: str
    result: str
    reason: str = ""
    properties: tuple[Property, ...] = ()

    def value(self, kind: str, name: str) -> str:
        """Return the first property of that name, or ''."""
        return next((one.value for one in self.properties if (one.kind, one.name) == (kind, name)), "")


@dataclass(frozen=True, slots=True)
class Results:
    """What one server says of a message."""

    authserv_id: str
    methods: tuple[Method, ...] = ()

    def of(self, name: str) -> tuple[Method, ...]:
        """Return the results of one method."""
        return tuple([method for method in self.methods if method.name == name])


class _Reader:
    """A text read word by word; comments and white space are passed over."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        """Pass over white space and comments, which nest; one without an end takes the rest."""
        depth = 0
        text, at = self.text, self.at
        while at < len(text):
            if depth:
                if match := _IN_COMMENT.match(text, at):
                    at = match.end()
                    continue
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
            elif match := _BLANK.match(text, at):
                at = match.end()
            elif text[at] == "(":
                depth, at = 1, at + 1
            else:
                break
        self.at = at

    def take(self, pattern: re.Pattern[str]) -> str:
        """Return what comes next if it is of that form, or ''; a quoted string without its quotes."""
        self.skip()
        if self.text.startswith('"', self.at):
            quoted = _QUOTED.match(self.text, self.at)
            # One without an end takes the rest, or looking for the end again and again would take for ever.
            self.at = quoted.end() if quoted else len(self.text)
            return _PAIR.sub(r"\1", _FOLD.sub(" ", quoted[1])) if quoted else ""
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
            return match[0]
        return ""

    def sign(self, sign: str) -> bool:
        """Pass over a sign, if it is next."""
        if self.follows(sign):
            self.at += 1
            return True
        return False

    def follows(self, sign: str) -> bool:
        """Say whether a sign is next."""
        self.skip()
        return self.text.startswith(sign, self.at)

    def to_end_of_part(self) -> None:
        """Pass over everything up to the next semicolon that is neither quoted nor a comment."""
        while self.at < len(self.text):
            self.skip()
            if self.at >= len(self.text) or self.text[self.at] == ";":
                return
            before = self.at
            self.take(_VALUE)
            self.at = max(self.at, before + 1)


def read(value: str) -> Results:
    """Read the value of a field, or what an ARC set says; parts that make no sense are passed over."""
    reader = _Reader(value[:READ_LIMIT])
    authserv_id = _head(reader)
    methods: list[Method] = []
    while reader.at < len(reader.text) and len(methods) < METHODS_LIMIT:
        if method := _method(reader):
            methods.append(method)
        reader.to_end_of_part()
        reader.sign(";")
    return Results(authserv_id, tuple(methods))


def _head(reader: _Reader) -> str:
    """Read the authserv-id, its version and the semicolon; '' where the field begins with a result."""
    start = reader.at
    authserv_id = reader.take(_WORD)
    if reader.sign("="):
        # Some servers have no name.
        reader.at = start
        return ""
    if reader.sign("/"):
        reader.take(_WORD)
    reader.take(_NUMBER)
    reader.sign(";")
    return authserv_id.removesuffix(".").lower()


def _method(reader: _Reader) -> Method | None:
    name = reader.take(_WORD)
    if reader.sign("/"):
        reader.take(_NUMBER)
    if not name or not reader.sign("="):
        return None
    result = reader.take(_WORD)
    if not result:
        return None
    reason, properties = "", []
    while word := _name(reader):
        if not reader.sign("="):
            break
        value = reader.take(_VALUE)
        kind, dot, of = word.partition(".")
        if dot:
            properties.append(Property(kind.lower(), of.lower(), value))
        elif kind.lower() == "reason":
            reason = value
    return Method(name.lower(), result.lower(), reason, tuple(properties))


def _name(reader: _Reader) -> str:
    """Read the name of a property; there may be comments around its dot."""
    name = reader.take(_WORD)
    if name and reader.follows("."):
        name += reader.take(_WORD)
    return name + reader.take(_WORD) if name.endswith(".") else name


def without_ours(message: bytes, authserv_id: str) -> bytes:
    """Return a message from outside without the fields that bear our authserv-id, which are forged (RFC 8601 5).

    Fields whose authserv-id cannot be told go, too: somebody else may read more into them.
    """
    ours = _plain(authserv_id)
    cuts = [
        match.span()
        for match, said in _fields(message)
        if said is None or _plain(said) == ours or _may_read(match[1][:HEAD_LIMIT], ours)
    ]
    if not cuts:
        return message
    kept, at = [], 0
    for start, end in cuts:
        kept.append(message[at:start])
        at = end
    kept.append(message[at:])
    return b"".join(kept)


def _may_read(value: bytes, ours: str) -> bool:
    """Whether a reader that is less careful may read our name: within encoded words, or without what stands between."""
    readings = {_text(value)}
    if b"=?" in value:
        readings.add(decode_words(unfold(value)))
    return any(_begins(_without_comments(text).partition(";")[0], ours) for text in readings)


def _begins(text: str, ours: str) -> bool:
    """Whether the first words of a text, written together, are our name."""
    so_far = ""
    for match in _BARE.finditer(text):
        so_far += match[0].lower()
        if so_far.strip(".") == ours:
            return True
        if so_far.isascii() and not ours.startswith(so_far.lstrip(".")):
            return False
    return not so_far.isascii() and _plain(so_far) == ours


def _without_comments(text: str) -> str:
    reader, kept = _Reader(text), []
    while reader.at < len(text):
        start = text.find("(", reader.at)
        kept.append(text[reader.at : start] if start >= 0 else text[reader.at :])
        if start < 0:
            break
        reader.at = start
        reader.skip()
    return "".join(kept)


def _plain(authserv_id: str) -> str:
    """Return a name as it is compared: as A-labels, and without what is part of no name but may be overlooked."""
    bare = _NO_NAME.sub("", authserv_id).strip(".")
    for name in (authserv_id, bare):
        try:
            return DomainName.parse(name).name
        except AddressError:
            continue
    return bare.lower()


def collect(message: bytes, authserv_id: str) -> str:
    """Return all that we said of a message, as a seal says it: our authserv-id and the results, unfolded."""
    said: list[str] = []
    for match, found in _fields(message):
        if found == authserv_id.lower():
            said += _raw_parts(_text(match[1]))
    return "; ".join([authserv_id, *said]) if said else ""


def _raw_parts(text: str) -> Iterator[str]:
    """Return the results as they stand, with their comments."""
    reader = _Reader(text)
    _head(reader)
    while reader.at < len(text):
        start = reader.at
        reader.to_end_of_part()
        if part := " ".join(text[start : reader.at].split()):
            yield part
        reader.sign(";")


def _fields(message: bytes) -> Iterator[tuple[re.Match[bytes], str | None]]:
    """Find the fields of the header, and whose they are: None where that takes too long to find out."""
    end = header_end(message)
    if FIELD not in message[:end].lower():
        return
    for number, match in enumerate(_OURS.finditer(message, 0, end)):
        reader = _Reader(_text(match[1][:HEAD_LIMIT]))
        said = _head(reader) if number < FIELDS_LIMIT else None
        is_cut = reader.at >= len(reader.text) and len(match[1]) > HEAD_LIMIT
        yield match, None if is_cut else said


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
