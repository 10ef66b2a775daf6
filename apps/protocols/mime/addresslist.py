"""The addresses of a header field, groups and comments included (RFC 5322 3.4, RFC 3501 7.4.2).

Values stay bytes, as they stand but for quoting: encoded words are decoded by who shows them.
"""

import re
from itertools import pairwise
from typing import NamedTuple

LIMIT = 2000
"""So many addresses of one field are read; what follows is dropped from ENVELOPE, never from the message."""


class Mailbox(NamedTuple):
    """One address as IMAP tells it; a group starts with (None, None, name, None) and ends with four times None."""

    name: bytes | None
    route: bytes | None
    local: bytes | None
    host: bytes | None


GROUP_END = Mailbox(None, None, None, None)

_ATEXT = rb"[^\x00-\x20\x7f()<>@,;:\\\"\[\]]"
# Nearly every address is one of: "Name" <a@b>, Name <a@b>, <a@b>, a@b.
_USUAL = re.compile(
    rb"[\s,]*+(?:(?:\"([^\"\\]*+)\"|([^\x00-\x08\x0a-\x1f\"\\<>()@,;:\[\]]*+))\s*+"
    rb"<(" + _ATEXT + rb"++)@(" + _ATEXT + rb"++)>|(" + _ATEXT + rb"++)@(" + _ATEXT + rb"++))\s*+(?:,|\Z)"
)
_LEX = re.compile(
    rb"\s*+(?:\"((?:[^\"\\]++|\\.)*+)(?:\"|\\?\Z)|(\[[^\]]*+\]?)|([()<>@,;:])|([^\s()<>@,;:\"\[]++))",
    re.DOTALL,
)
_IN_COMMENT = re.compile(rb"[^()\\]++|\\.?|[()]", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def parse_addresses(value: bytes, limit: int = LIMIT) -> list[Mailbox]:
    """Return the addresses of an unfolded value; whatever it holds, something comes back."""
    out: list[Mailbox] = []
    at = 0
    while match := _USUAL.match(value, at):
        quoted, name, local, host, bare_local, bare_host = match.groups()
        if local is None:
            out.append(Mailbox(None, None, bare_local, bare_host))
        else:
            out.append(Mailbox(quoted or (name.rstrip() if name else None) or None, None, local, host))
        at = match.end()
        if at >= len(value):
            return out
        if len(out) >= limit:
            return out
    return _Careful(value, at, out, limit).parse() if value[at:].strip(b" \t,") else out


class _Careful:
    """The slow way: token by token, for comments, groups, routes, quoted local parts and damage."""

    def __init__(self, value: bytes, at: int, out: list[Mailbox], limit: int) -> None:
        self.value = value
        self.at = at
        self.out = out
        self.limit = limit
        self.in_group = False
        self.reset()

    def reset(self) -> None:
        self.words: list[bytes] = []  # Before `<`, or of a bare address.
        self.inner: list[bytes] | None = None  # Within `<...>`.
        self.closed = self.had_at = self.had_colon = False
        self.comment = b""

    def parse(self) -> list[Mailbox]:
        value, length = self.value, len(self.value)
        while self.at < length and len(self.out) < self.limit:
            match = _LEX.match(value, self.at)
            if match is None:
                break
            self.at = match.end()
            quoted, literal, special, atom = match.groups()
            if special:
                self.special(special)
                continue
            word = quoted if quoted is not None else literal or atom
            if quoted is not None and b"\\" in quoted:
                word = _ESCAPED.sub(rb"\1", quoted)
            self.word(word)
        self.finish()
        if self.in_group:
            self.out.append(GROUP_END)
        return self.out

    def word(self, word: bytes) -> None:
        if self.inner is None:
            self.words.append(word)
        elif not self.closed:
            self.inner.append(word)

    def special(self, special: bytes) -> None:
        inner = None if self.closed else self.inner
        match special:
            case b"(":
                comment = self.read_comment()
                self.comment = self.comment or comment
            case b"<" if self.inner is None:
                self.inner = []
            case b">":
                self.closed = self.inner is not None
            case b"@" if inner is not None:
                inner.append(b"@")
            case b"@":
                self.words.append(b"@")
                self.had_at = True
            case b"," if inner is not None and inner[:1] == [b"@"] and not self.had_colon:
                inner.append(b",")  # A route lists hosts.
            case b",":
                self.finish()
            case b":" if inner is not None:
                inner.append(b":")
                self.had_colon = True
            case b";" if inner is not None:
                inner.append(b";")
            case b":" if not self.in_group and self.words and not self.had_at:
                self.out.append(Mailbox(None, None, b" ".join(self.words), None))
                self.in_group = True
                self.reset()
            case b";":
                self.finish()
                if self.in_group:
                    self.out.append(GROUP_END)
                    self.in_group = False
            case _:
                pass

    def read_comment(self) -> bytes:
        depth, start = 1, self.at
        while depth and (match := _IN_COMMENT.match(self.value, self.at)):
            self.at = match.end()
            depth += (match[0] == b"(") - (match[0] == b")")
        return _ESCAPED.sub(rb"\1", self.value[start : self.at - (depth == 0)]).strip()

    def finish(self) -> None:
        """End one address."""
        words, inner, comment = self.words, self.inner, self.comment
        self.reset()
        if inner is not None:
            route, local, host = _spec(inner)
            name = _phrase(words) or comment or None
            if local or host or name:
                self.out.append(Mailbox(name, route, local, host))
            return
        if not words:
            return
        if b"@" in words:
            # `John Doe john@example.test`: words before the last local part are a name.
            split = _last_at(words)
            name = None
            if split > 1 and b"@" not in words[:split] and not _dotted(words, split):
                name, words = _phrase(words[: split - 1]), words[split - 1 :]
            _, local, host = _spec(words)
            self.out.append(Mailbox(name or comment or None, None, local, host))
        elif len(words) == 1:
            self.out.append(Mailbox(comment or None, None, words[0], b""))
        else:
            self.out.append(Mailbox(b" ".join(words), None, b"", b""))


def _phrase(words: list[bytes]) -> bytes:
    """Join the words of a name; an address that stands for one keeps its form."""
    text: list[bytes] = []
    last = len(words) - 1
    for index, word in enumerate(words):
        # Word by word: a quoted name may hold an @ between blanks, which is its own.
        is_glued = any(words[at] == b"@" and 0 < at < last for at in (index - 1, index))
        text.append(word if is_glued or not index else b" " + word)
    return b"".join(text)


def _last_at(words: list[bytes]) -> int:
    return len(words) - 1 - words[::-1].index(b"@")


def _dotted(words: list[bytes], split: int) -> bool:
    """Whether the words before the `@` are one local part with spaces around its dots (RFC 5322 4.4)."""
    before = words[:split]
    return all(a.endswith(b".") or b.startswith(b".") for a, b in pairwise(before))


def _spec(words: list[bytes]) -> tuple[bytes | None, bytes, bytes]:
    """Split the words of an addr-spec into route, local part and host."""
    route = None
    if words[:1] == [b"@"] and b":" in words:
        colon = words.index(b":")
        route, words = b"".join(words[:colon]), words[colon + 1 :]
    if b"@" not in words:
        return route, b"".join(words), b""
    split = _last_at(words)
    return route, b"".join(words[:split]), b"".join(words[split + 1 :])


_ATOM_LOCAL = re.compile(rb"[^\x00-\x20\x7f()<>@,;:\\\"\[\]]+")


def spec_text(mailbox: Mailbox) -> str:
    """Return `local@host` for people and columns, the local part quoted where it must be, or ''."""
    if not mailbox.host and not mailbox.local:
        return ""
    local = mailbox.local or b""
    if local and not _ATOM_LOCAL.fullmatch(local):
        local = b'"%b"' % local.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    text = local + b"@" + mailbox.host if mailbox.host else local
    return text.decode("utf-8", "replace").replace("\0", "")
