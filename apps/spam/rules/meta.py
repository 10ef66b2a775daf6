"""Expressions over what was found: `A and (B or not C)`, `>=2 of (D, E, F)`. Parsed by hand, bounded. Pure.

`not` binds closest, then `and`, then `or`. A name that nothing found is false, whoever would have found it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from .definitions import MOST_EXPRESSION, NAME, RuleError

MOST_DEPTH = 20
MOST_NAMES = 100

_TOKEN = re.compile(r"\s*(?:(>=)\s*(\d{1,3})|([A-Za-z_][A-Za-z0-9_]*)|([(),]))")
_WORDS = frozenset({"and", "or", "not", "of"})


class Node(Protocol):
    """A part of an expression."""

    def holds(self, found: Collection[str]) -> bool:
        """Whether it is true where these were found."""

    def names(self) -> Iterator[str]:
        """Which names it speaks of."""


@dataclass(frozen=True, slots=True)
class Name:
    """Something that was found."""

    name: str

    def holds(self, found: Collection[str]) -> bool:
        """Whether it was."""
        return self.name in found

    def names(self) -> Iterator[str]:
        """Its name."""
        yield self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    inner: Node

    def holds(self, found: Collection[str]) -> bool:
        """Whether it does not."""
        return not self.inner.holds(found)

    def names(self) -> Iterator[str]:
        """The names within."""
        return self.inner.names()

    def __str__(self) -> str:
        return f"not {self.inner}"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many of these: 1 is `or`, all is `and`."""

    least: int
    items: tuple[Node, ...]

    def holds(self, found: Collection[str]) -> bool:
        """Whether so many hold; asks no further than it must."""
        wanted, left = self.least, len(self.items)
        for item in self.items:
            if wanted <= 0 or wanted > left:
                break
            wanted -= item.holds(found)
            left -= 1
        return wanted <= 0

    def names(self) -> Iterator[str]:
        """The names within."""
        for item in self.items:
            yield from item.names()

    def __str__(self) -> str:
        if self.least in {1, len(self.items)} and len(self.items) > 1:
            return f"({(' or ' if self.least == 1 else ' and ').join(map(str, self.items))})"
        return f">={self.least} of ({', '.join(map(str, self.items))})"


def parse(text: str) -> Node:
    """Return an expression as a tree; raises RuleError, which says where it went wrong."""
    if len(text) > MOST_EXPRESSION:
        raise RuleError(f"an expression has at most {MOST_EXPRESSION} characters")
    reader = _Reader(text)
    tree = reader.any_of(0)
    if reader.ahead is not None:
        raise RuleError(f"nothing is expected after {reader.behind}, but {reader.ahead} comes")
    if len(set(tree.names())) > MOST_NAMES:
        raise RuleError(f"an expression speaks of at most {MOST_NAMES} names")
    return tree


class _Reader:
    """Reads tokens one after another; a number stands with its `>=`."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self.behind = "the beginning"
        self.ahead = next(self._tokens, None)

    def any_of(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise RuleError(f"an expression is at most {MOST_DEPTH} deep")
        items = [self._all_of(depth)]
        while self._take("or"):
            items.append(self._all_of(depth))
        return items[0] if len(items) == 1 else AtLeast(1, tuple(items))

    def _all_of(self, depth: int) -> Node:
        items = [self._one(depth)]
        while self._take("and"):
            items.append(self._one(depth))
        return items[0] if len(items) == 1 else AtLeast(len(items), tuple(items))

    def _one(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise RuleError(f"an expression is at most {MOST_DEPTH} deep")
        if self._take("not"):
            return Not(self._one(depth + 1))
        if self._take("("):
            inner = self.any_of(depth + 1)
            self._demand(")")
            return inner
        word = self.ahead
        if word is not None and word.startswith(">="):
            self._step()
            return self._counted(int(word[2:]), depth)
        if word is None or word in _WORDS or not NAME.match(word):
            raise RuleError(f"a name in capitals is expected after {self.behind}, not {word or 'the end'}")
        self._step()
        return Name(word)

    def _counted(self, least: int, depth: int) -> Node:
        self._demand("of")
        self._demand("(")
        items = [self.any_of(depth + 1)]
        while self._take(","):
            items.append(self.any_of(depth + 1))
        self._demand(")")
        if not 1 <= least <= len(items):
            raise RuleError(f">={least} of {len(items)} is always or never true")
        return AtLeast(least, tuple(items))

    def _step(self) -> None:
        self.behind, self.ahead = self.ahead or "", next(self._tokens, None)

    def _take(self, token: str) -> bool:
        if self.ahead != token:
            return False
        self._step()
        return True

    def _demand(self, token: str) -> None:
        if not self._take(token):
            raise RuleError(f"{token} is expected after {self.behind}, not {self.ahead or 'the end'}")


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at, end)
        if found is None:
            raise RuleError(f"this is not understood: {text[at:].strip()[:20]}")
        at = found.end()
        _, number, word, sign = found.groups()
        if number is not None:
            yield f">={int(number)}"
        elif word is not None:
            yield word.lower() if word.lower() in _WORDS else word
        else:
            yield sign


def in_order(trees: Mapping[str, Node]) -> tuple[list[str], dict[str, str]]:
    """Return names so that each comes after those it speaks of, and those that cannot be: they go in a circle."""
    waiting = {name: {one for one in tree.names() if one in trees} for name, tree in trees.items()}
    askers: dict[str, list[str]] = {}
    for name, wanted in waiting.items():
        for one in wanted:
            askers.setdefault(one, []).append(name)
    ready = [name for name, wanted in waiting.items() if not wanted]
    done: list[str] = []
    while ready:
        name = ready.pop()
        done.append(name)
        for asker in askers.get(name, ()):
            waiting[asker].discard(name)
            if not waiting[asker]:
                ready.append(asker)
    left = trees.keys() - set(done)
    return done, {name: f"it goes in a circle by {', '.join(sorted(waiting[name]))}" for name in sorted(left)}
