"""The macro language of SPF (RFC 7208 7): read once, expanded for each message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from .results import SpfSyntaxError

_MACRO = re.compile(r"%(?:([%_-])|\{([a-z])(\d*)(r?)([.\-+,/_=]*)\})", re.IGNORECASE)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]*")
_SPOKEN = re.compile(r"[\x20-\x24\x26-\x7e]*")
_TOP_LABEL = re.compile(r"[0-9a-z](?:[0-9a-z-]*[0-9a-z])?", re.IGNORECASE)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
LETTERS = frozenset("slodiphv")
LETTERS_EXPLAINING = LETTERS | frozenset("crt")
LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{...}`: which value, cut at what, how many of its parts from the right (0 is all)."""

    letter: str
    is_escaped: bool
    parts: int
    is_reversed: bool
    delimiters: str

    def expand(self, value: str) -> str:
        """Cut, turn round, shorten and join a value (RFC 7208 7.3)."""
        if self.parts or self.is_reversed or self.delimiters != ".":
            pieces = re.split(f"[{re.escape(self.delimiters)}]", value)
            if self.is_reversed:
                pieces.reverse()
            value = ".".join(pieces[-self.parts :])
        # RFC 8616 4: a local part beyond ASCII names nothing in DNS, so it must stay one to be seen as such.
        return quote(value, safe="") if self.is_escaped and value.isascii() else value


type Template = tuple[str | Macro, ...]


def letters(template: Template) -> frozenset[str]:
    """Return the letters whose values a text needs."""
    return frozenset(part.letter for part in template if isinstance(part, Macro))


def expand(template: Template, values: Mapping[str, str]) -> str:
    """Put the values of letters into a text."""
    return "".join(part if isinstance(part, str) else part.expand(values[part.letter]) for part in template)


def read(text: str, *, is_explanation: bool = False) -> Template:
    """Read a macro-string, or an explain-string, which may hold spaces; raises SpfSyntaxError."""
    literal = _SPOKEN if is_explanation else _LITERAL
    allowed = LETTERS_EXPLAINING if is_explanation else LETTERS
    parts: list[str | Macro] = []
    position = 0
    while position < len(text):
        found = literal.match(text, position)
        if found is not None and found.end() > position:
            parts.append(found[0])
            position = found.end()
            continue
        macro = _MACRO.match(text, position)
        if macro is None or (macro[2] and macro[2].lower() not in allowed):
            raise SpfSyntaxError(f"macro syntax: {text[position : position + 40]!r}")
        parts.append(_macro(macro) if macro[2] else _ESCAPES[macro[1]])
        position = macro.end()
    return tuple(parts)


def _macro(found: re.Match[str]) -> Macro:
    digits = found[3].lstrip("0")
    if found[3] and not digits:
        raise SpfSyntaxError(f"macro syntax: {found[0]!r} wants no part")
    # No name has a thousand parts; and the number may have thousands of digits.
    parts = int(digits) if 0 < len(digits) < 4 else 999 if digits else 0
    return Macro(found[2].lower(), found[2].isupper(), parts, bool(found[4]), found[5] or ".")


def read_domain(text: str) -> Template:
    """Read a domain-spec, which ends in a top label or a macro (RFC 7208 7.1); raises SpfSyntaxError."""
    template = read(text)
    tail = text
    for found in _MACRO.finditer(text):
        tail = text[found.end() :]
    if not tail:
        if not template:
            raise SpfSyntaxError("a domain is missing")
        return template
    _, dot, label = tail.removesuffix(".").rpartition(".")
    if not dot or not _TOP_LABEL.fullmatch(label) or label.isdecimal():
        raise SpfSyntaxError(f"not a domain: {text[:80]!r}")
    return template


def to_name(expanded: str) -> str:
    """Return a name that can be asked for, shortened from the left (RFC 7208 7.3); empty if there can be none."""
    name = expanded.removesuffix(".")
    while len(name) > LONGEST_NAME:
        _, dot, name = name.partition(".")
        if not dot:
            return ""
    is_good = name.isascii() and all(0 < len(label) < 64 for label in name.split("."))
    return name if is_good else ""
