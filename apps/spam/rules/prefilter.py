"""Which of many expressions can match a text at all: by the groups of three bytes they cannot do without.

A text becomes a table of the trigrams it holds. A literal may be there if all of its trigrams are; a clause, if one of
its literals may; an expression is worth searching for if all of its clauses may. All of it is a handful of operations on
arrays, so thousands of expressions cost about as much as a hundred.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from .literals import clauses_of

_SIZE = 1 << 16
_LONG = 10
"""Bytes of a literal that are looked for."""
_FACTORS = (0x9E37, 0x85EB, 0xC2B3)


class Prefilter:
    """Tells candidates among expressions."""

    def __init__(self, expressions: Sequence[str]) -> None:
        literals: dict[bytes, int] = {}
        of_clause: list[int] = []
        members: list[int] = []
        of_rule: list[int] = []
        numbers: list[int] = []
        self._always: list[int] = []
        for number, expression in enumerate(expressions):
            clauses = clauses_of(expression)
            if not clauses:
                self._always.append(number)
                continue
            numbers.append(number)
            of_rule.append(len(of_clause))
            for clause in clauses:
                of_clause.append(len(members))
                # Its beginning tells enough, and many have the same.
                members += [
                    literals.setdefault(one, len(literals)) for one in {long[:_LONG] for long in clause}
                ]
        grams = [_grams(literal) for literal in literals]
        self._starts = _array(
            list(accumulate((len(some) for some in grams[:-1]), initial=0)) if grams else []
        )
        self._grams = np.concatenate(grams) if grams else _array([])
        self._members = _array(members)
        self._clauses = _array(of_clause)
        self._rules = _array(of_rule)
        self._numbers = _array(numbers)

    def candidates(self, text: bytes) -> list[int]:
        """Return the numbers of the expressions that may match, in their order."""
        if not len(self._numbers):
            return self._always
        lowered = text.lower() if text.isascii() else text.decode("utf-8", "replace").lower().encode()
        table = np.zeros(_SIZE, dtype=np.bool_)
        table[_grams(lowered)] = True
        literals = np.logical_and.reduceat(table[self._grams], self._starts)
        clauses = np.logical_or.reduceat(literals[self._members], self._clauses)
        rules = np.logical_and.reduceat(clauses, self._rules)
        found: list[int] = self._numbers[rules].tolist()
        return sorted(found + self._always) if self._always else found


type _Numbers = np.ndarray[tuple[int], np.dtype[np.int32]]


def _array(numbers: Sequence[int]) -> _Numbers:
    return np.array(numbers, dtype=np.int32)


def _grams(text: bytes) -> _Numbers:
    signs = np.frombuffer(text, dtype=np.uint8).astype(np.int32)
    mixed = signs[:-2] * _FACTORS[0] + signs[1:-1] * _FACTORS[1] + signs[2:] * _FACTORS[2]
    return mixed & (_SIZE - 1)
