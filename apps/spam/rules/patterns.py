"""Regular expressions of rules, matched in linear time: whatever somebody writes, nothing backtracks. Pure."""

import re
from typing import Any

import re2

from .definitions import RuleError

MOST_MEMORY = 256 * 1024
MOST_PROGRAM = 4000
"""Instructions: (abc){1000} has 3,000, and no rule about mail comes near."""

_TOKENS = re.compile(r"(?P<gap>(?:\.|\\C)\{\d+,\d*\}\??)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_UNDERSTOOD = (
    (re.compile(r"\(\?[=!]|\(\?<[=!]"), "it looks ahead or behind, which cannot be done in bounded time"),
    (
        re.compile(r"\\[1-9]|\(\?P=|\\g<|\\k<"),
        "it refers back to a group, which cannot be done in bounded time",
    ),
    (re.compile(r"\(\?>|[*+?}]\+"), "possessive and atomic groups are not known here, and not needed"),
)


class Pattern:
    """A compiled expression.

    Bounded gaps (`.{0,80}`) are counted place by place, which is slow. So a looser expression, whose gaps have no end, is
    searched for first, and the exact one, compiled when it is needed, only where that matches.
    """

    __slots__ = ("_exact", "_is_presence", "_loose", "by_line", "text")

    def __init__(self, text: str, *, by_line: bool) -> None:
        self.text = text
        self.by_line = by_line
        source = loosened(text)
        self._is_presence = text in {"^", "(?m)^"}
        self._loose: Any = None if by_line or source == text else _compile(source, by_line=False)
        self._exact: Any = _compile(text, by_line=by_line) if self._loose is None else None

    def size(self) -> int:
        """Return how many instructions the exact expression has, either way."""
        if self._exact is None:
            self._exact = _compile(self.text, by_line=self.by_line)
        return int(max(self._exact.ProgramSize(), self._exact.ReverseProgramSize()))

    def find(self, text: bytes) -> tuple[int, int] | None:
        """Return where it matches first."""
        if self._is_presence:
            return 0, 0
        if self._loose is not None and _span(self._loose, text) is None:
            return None
        if self._exact is None:
            self._exact = _compile(self.text, by_line=self.by_line)
        return _span(self._exact, text)


def loosened(text: str) -> str:
    """Return an expression whose bounded gaps have no end."""
    return _TOKENS.sub(lambda found: r"\C*" if found["gap"] else found.group(), text)


def options(*, by_line: bool) -> re2.Options:
    """Return how an expression is read: without case, and, where a text is lines, never over the end of one."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    chosen.never_nl = by_line
    chosen.max_mem = MOST_MEMORY
    return chosen


def compile_pattern(text: str, *, by_line: bool = False, is_known: bool = False) -> Pattern:
    """Compile an expression; raises RuleError, which says why it cannot be. By line, ^ and $ stand at each.

    One that `is_known` passed here when it was saved, and its size is not looked at again: that takes most of the time.
    """
    if "\0" in text:
        raise RuleError("an expression holds no NUL")
    try:
        pattern = Pattern(f"(?m){text}" if by_line else text, by_line=by_line)
        size = 0 if is_known else pattern.size()
    except (re2.error, UnicodeEncodeError) as error:
        raise RuleError(_why(text, error)) from None
    if size > MOST_PROGRAM:
        raise RuleError("the expression is too large: repeat less, or make two rules of it")
    return pattern


# The wrapper around RE2 makes a generator and two objects for each search, which costs more than most searches do;
# and what it compiles it keeps for ever, 128 of them. This is what lies beneath.
_UNANCHORED: Any = re2._re2.RE2.Anchor.UNANCHORED  # noqa: SLF001
_NOWHERE = (-1, -1)


def _compile(text: str, *, by_line: bool) -> Any:
    regex: Any = re2._re2.RE2(text.encode(), options(by_line=by_line))  # noqa: SLF001
    if not regex.ok():
        raise re2.error(regex.error())
    return regex


def _span(regex: Any, text: bytes) -> tuple[int, int] | None:
    found: tuple[int, int] = regex.Match(_UNANCHORED, text, 0, len(text))[0]
    return None if found == _NOWHERE else found


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
