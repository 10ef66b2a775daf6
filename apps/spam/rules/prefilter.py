"""Which of many expressions can match a text at all: by the groups of three bytes they cannot do without.

A text becomes a table of the trigrams it holds. A literal may be there if all of its trigrams are; a clause, if one of
its literals may; an expression is worth searching for if all of its clauses may. All of it is a handful of operations on
arrays, so thousands of expressions cost about as much as a hundred.
"""

from collections.abc import Sequence

import numpy as np

from .literals import clauses_of

_SIZE = 1 << 16
_LONG = 10
"""Bytes of a literal that are looked for."""
_GRAMS = 4
"""And so many of its trigrams, from its beginning to its end."""
_FACTORS = (0x9E37, 0x85EB, 0xC2B3)


class Prefilter:
    """Tells candidates among expressions."""

    def __init__(self, expressions: Sequence[str]) -> None:
        literals: dict[bytes, int] = {}
        members: list[int] = []
        clause_of: list[int] = []
        rule_of: list[int] = []
        self._always: list[int] = []
        numbers: list[int] = []
        for number, expression in enumerate(expressions):
            clauses = clauses_of(expression)
            if not clauses:
                self._always.append(number)
                continue
            for clause in clauses:
                # Its beginning tells enough, and many have the same.
                some = {literals.setdefault(long[:_LONG], len(literals)) for long in clause}
                members += some
                clause_of += [len(rule_of)] * len(some)
                rule_of.append(len(numbers))
            numbers.append(number)
        grams = [_spread(literal) for literal in literals]
        # Rows of as many trigrams each, so that no loop over literals is needed.
        self._grams = [_array([some[place] for some in grams]) for place in range(_GRAMS)]
        self._members, self._clause_of, self._rule_of = _array(members), _array(clause_of), _array(rule_of)
        self._numbers = _array(numbers)

    def candidates(self, text: bytes) -> list[int]:
        """Return the numbers of the expressions that may match, in their order."""
        if not len(self._numbers):
            return self._always
        lowered = text.lower() if text.isascii() else text.decode("utf-8", "replace").lower().encode()
        table = np.zeros(_SIZE, dtype=np.bool_)
        table[_grams(lowered)] = True
        literals = table[self._grams[0]]
        for more in self._grams[1:]:
            literals &= table[more]
        clauses = np.zeros(len(self._rule_of), dtype=np.bool_)
        clauses[self._clause_of[literals[self._members]]] = True
        rules = np.ones(len(self._numbers), dtype=np.bool_)
        rules[self._rule_of[~clauses]] = False
        found: list[int] = self._numbers[rules].tolist()
        return sorted(found + self._always) if self._always else found


type _Numbers = np.ndarray[tuple[int], np.dtype[np.intp]]


def _array(numbers: Sequence[int]) -> _Numbers:
    return np.array(numbers, dtype=np.intp)


def _spread(literal: bytes) -> list[int]:
    grams = _grams(literal).tolist()
    return [grams[(len(grams) - 1) * place // (_GRAMS - 1)] for place in range(_GRAMS)]


def _grams(text: bytes) -> _Numbers:
    signs = np.frombuffer(text, dtype=np.uint8).astype(np.intp)
    mixed = signs[:-2] * _FACTORS[0] + signs[1:-1] * _FACTORS[1] + signs[2:] * _FACTORS[2]
    return mixed & (_SIZE - 1)
