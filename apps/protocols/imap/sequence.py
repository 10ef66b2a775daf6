"""Sequence sets: `1:5,9,20:*` (RFC 3501 9, sequence-set)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import ProtocolError

STAR = 0
"""How `*`, the largest number in use, is kept; no message has the number 0."""

type Ranges = list[tuple[int, int]]
"""Sorted, disjoint ranges, both ends included."""

_NUMBER = rb"(?:[1-9][0-9]{0,9}|\*)"
_RANGE = re.compile(rb"(%b)(?::(%b))?" % (_NUMBER, _NUMBER))
_LARGEST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """A set of message numbers or UIDs as a client wrote it."""

    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, data: bytes) -> "SequenceSet":
        """Read a sequence set."""
        ranges = []
        for item in data.split(b","):
            match = _RANGE.fullmatch(item)
            if match is None:
                raise ProtocolError("Invalid sequence set")
            low = _number(match[1])
            ranges.append((low, low if match[2] is None else _number(match[2])))
        return cls(tuple(ranges))

    def resolve(self, largest: int) -> Ranges:
        """Return the ranges meant when `*` is `largest`; `9:*` always holds the largest (RFC 3501 9)."""
        if largest <= 0:
            return normalised((low, high) for low, high in self.ranges if STAR not in (low, high))
        return normalised((low or largest, high or largest) for low, high in self.ranges)

    def __str__(self) -> str:
        return ",".join(
            _text(low) if low == high else f"{_text(low)}:{_text(high)}" for low, high in self.ranges
        )


def normalised(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges sorted and merged, the ends of each in order."""
    merged: Ranges = []
    for low, high in sorted((min(pair), max(pair)) for pair in ranges):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Return ascending numbers as ranges."""
    ranges: Ranges = []
    low = high = -1
    for number in numbers:
        if number == high + 1 and low >= 0:
            high = number
            continue
        if low >= 0:
            ranges.append((low, high))
        low = high = number
    if low >= 0:
        ranges.append((low, high))
    return ranges


def encode(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return ranges as they are written: `1:3,5`."""
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges)


def _number(data: bytes) -> int:
    if data == b"*":
        return STAR
    number = int(data)
    if number > _LARGEST:
        raise ProtocolError("A number is larger than 32 bits")
    return number


def _text(number: int) -> str:
    return "*" if number == STAR else str(number)
