"""What texts an expression cannot match without: read from the expression, never from the engine. Pure.

The result is a list of clauses, and every match holds at least one literal of each; no clauses means that nothing is
known. Whatever is not understood counts as "anything", so a mistake here costs time, and a rule is never passed over.
"""

from dataclasses import dataclass

LEAST = 3
"""Bytes: shorter literals tell nothing."""
MOST_EXACT = 24
MOST_CLAUSE = 64
MOST_CLAUSES = 3
_NOTHING = frozenset({""})
# They fold to letters that lower() does not give.
_TRICKY = frozenset("\u03c3\u03c2\u03a3\u0130\u0131\u017f\u212a\u1e9e")

type Clause = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Info:
    """What is known of a part: all it can match, if that is little, and what each of its matches holds."""

    exact: Clause | None
    clauses: tuple[Clause, ...] = ()


_ANY = _Info(None)


class _UnknownError(Exception):
    """Something in the expression is not understood."""


def clauses_of(expression: str) -> list[frozenset[bytes]]:
    """Return the clauses of an expression, in lower case."""
    try:
        reader = _Reader(expression)
        info = reader.alternatives(0)
        if reader.at != len(expression):
            return []
    except (_UnknownError, IndexError, RecursionError):
        return []
    found = _flushed(info)
    return [frozenset(text.encode() for text in clause) for clause in found[:MOST_CLAUSES]]


def _useful(clause: Clause) -> bool:
    return len(clause) <= MOST_CLAUSE and all(
        len(text.encode()) >= LEAST and _TRICKY.isdisjoint(text) for text in clause
    )


def _flushed(info: _Info) -> list[Clause]:
    """Return all clauses of a part, what it matches exactly among them."""
    found = list(info.clauses)
    if info.exact and _useful(info.exact):
        found.append(info.exact)
    return sorted(found, key=lambda clause: (len(clause), -min(map(len, clause))))


def _together(parts: list[_Info]) -> _Info:
    """Return what is known of parts one after another."""
    clauses: list[Clause] = []
    run: Clause | None = _NOTHING
    is_whole = True
    for part in parts:
        clauses += part.clauses
        if part.exact is not None and run is not None and len(run) * len(part.exact) <= MOST_EXACT:
            run = frozenset(left + right for left in run for right in part.exact)
            continue
        is_whole = False
        if run is not None and _useful(run):
            clauses.append(run)
        run = part.exact if part.exact is not None else _NOTHING
    if is_whole:
        return _Info(run, tuple(clauses))
    if run is not None and _useful(run):
        clauses.append(run)
    return _Info(None, tuple(clauses))


def _either(branches: list[_Info]) -> _Info:
    """Return what is known of parts one of which matches."""
    if len(branches) == 1:
        return branches[0]
    if all(branch.exact is not None for branch in branches):
        union = frozenset(text for branch in branches for text in branch.exact or ())
        if len(union) <= MOST_EXACT:
            return _Info(union)
        return _Info(None, (union,) if _useful(union) else ())
    best = []
    for branch in branches:
        known = _flushed(branch)
        if not known:
            return _ANY
        best.append(known[0])
    union = frozenset().union(*best)
    return _Info(None, (union,) if _useful(union) else ())


class _Reader:
    """Reads the syntax of RE2 as far as it matters."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def alternatives(self, depth: int) -> _Info:
        if depth > 40:
            raise _UnknownError
        branches = [self._sequence(depth)]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence(depth))
        return _either(branches)

    def _sequence(self, depth: int) -> _Info:
        parts = []
        while (sign := self._peek()) and sign not in "|)":
            part = self._atom(depth)
            parts.append(self._repeated(part))
        return _together(parts)

    def _atom(self, depth: int) -> _Info:
        sign = self.text[self.at]
        self.at += 1
        match sign:
            case "(":
                return self._group(depth)
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case ".":
                return _ANY
            case "^" | "$":
                return _Info(_NOTHING)
            case "*" | "+" | "?":
                raise _UnknownError
            case _ if sign in _TRICKY:
                return _ANY
            case _:
                return _Info(frozenset({sign.lower()}))

    def _group(self, depth: int) -> _Info:
        if self._peek() == "?":
            end = self.at
            while self.text[end] not in ":)<":
                end += 1
            if self.text[end] == ")":
                self.at = end + 1
                return _Info(_NOTHING)
            if self.text[end] == "<":
                end = self.text.index(">", end) if ">" in self.text[end:] else len(self.text)
            self.at = end + 1
        inner = self.alternatives(depth + 1)
        if self._peek() != ")":
            raise _UnknownError
        self.at += 1
        return inner

    def _class(self) -> _Info:
        start = self.at
        if self._peek() == "^":
            self.at += 1
        if self._peek() == "]":
            self.at += 1
        while self.text[self.at] != "]":
            if self.text.startswith("[:", self.at):
                self.at = (
                    self.text.index(":]", self.at) + 2 if ":]" in self.text[self.at :] else len(self.text)
                )
            else:
                self.at += 2 if self.text[self.at] == "\\" else 1
        inner = self.text[start : self.at]
        self.at += 1
        if inner and len(inner) <= 4 and not set(inner) & set("^-\\["):
            return _Info(frozenset(inner.lower()))
        return _ANY

    def _escape(self) -> _Info:
        sign = self.text[self.at]
        self.at += 1
        if sign in "bBAz":
            return _Info(_NOTHING)
        if sign in "pP":
            self.at = self.text.index("}", self.at) + 1 if self._peek() == "{" else self.at + 1
            return _ANY
        if sign.isalnum():
            if sign in "dDsSwWC":
                return _ANY
            raise _UnknownError
        return _Info(frozenset({sign}))

    def _repeated(self, part: _Info) -> _Info:
        sign = self._peek()
        if sign not in set("*+?{") - {""} or not sign:
            return part
        least, most = {"*": (0, 9), "+": (1, 9), "?": (0, 1)}.get(sign, (0, 0))
        if sign == "{":
            end = self.text.find("}", self.at)
            low, _, high = self.text[self.at + 1 : end].partition(",")
            if end < 0 or not low.isdigit():
                raise _UnknownError
            least, most, self.at = int(low), int(high) if high.isdigit() else 9, end
        self.at += 1
        if self._peek() == "?":
            self.at += 1
        if self._peek() in {"*", "+", "?", "{"} and self._peek():
            raise _UnknownError
        if least == most == 1:
            return part
        if least == 0:
            is_small = most == 1 and part.exact is not None and len(part.exact) < MOST_EXACT
            return _Info((part.exact or _NOTHING) | _NOTHING) if is_small else _ANY
        # Once at least: what every match holds is there, and what stands beside it is not known.
        return _Info(None, tuple(_flushed(part)))
