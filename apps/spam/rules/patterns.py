"""Regular expressions of rules, matched in linear time: whatever somebody writes, nothing backtracks. Pure."""

import re
from dataclasses import dataclass
from typing import Any

import re2

from .definitions import RuleError

MOST_MEMORY = 512 * 1024
MOST_PROGRAM = 4000
"""Instructions: (abc){1000} has 3,000, and no rule about mail comes near."""

_UNDERSTOOD = (
    (re.compile(r"\(\?[=!]|\(\?<[=!]"), "it looks ahead or behind, which cannot be done in bounded time"),
    (
        re.compile(r"\\[1-9]|\(\?P=|\\g<|\\k<"),
        "it refers back to a group, which cannot be done in bounded time",
    ),
    (re.compile(r"\(\?>|[*+?}]\+"), "possessive and atomic groups are not known here, and not needed"),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression."""

    text: str
    by_line: bool
    regex: Any

    def find(self, text: bytes) -> tuple[int, int] | None:
        """Return where it matches first."""
        found = self.regex.search(text)
        return found.span() if found is not None else None


def options(*, by_line: bool) -> re2.Options:
    """Return how an expression is read: without case, and, where a text is lines, never over the end of one."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.never_nl = by_line
    chosen.max_mem = MOST_MEMORY
    return chosen


def compile_pattern(text: str, *, by_line: bool = False) -> Pattern:
    """Compile an expression; raises RuleError, which says why it cannot be. By line, ^ and $ stand at each."""
    if "\0" in text:
        raise RuleError("an expression holds no NUL")
    try:
        source = f"(?m){text}" if by_line else text
        regex: Any = re2.compile(source.encode(), options(by_line=by_line))
    except (re2.error, UnicodeEncodeError) as error:
        raise RuleError(_why(text, error)) from None
    if max(regex.programsize, regex.reverseprogramsize) > MOST_PROGRAM:
        raise RuleError("the expression is too large: repeat less, or make two rules of it")
    return Pattern(source, by_line, regex)


def _why(text: str, error: Exception) -> str:
    said = _text(error)
    if "perl operator" in said or "escape sequence" in said or "repetition operator" in said:
        for sign, why in _UNDERSTOOD:
            if sign.search(text):
                return f"not a valid expression: {why}"
    if "too large" in said:
        return "the expression is too large: repeat less, or make two rules of it"
    return f"not a valid expression: {said}"


def _text(error: Exception) -> str:
    first = error.args[0] if error.args else str(error)
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    return text[:200]
