"""Words and bytes become numbers: 64-bit hashes, the same in every process and release, made by numpy many at a time.

A learned count or weight outlives the program that made it, so nothing here may change without a new version of the
prior's format (`prior.FORMAT`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

type Hashes = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
LONGEST = 1 << 16
"""Bytes of words hashed in one go; more is cut off."""


def _powers(base: int) -> Hashes:
    out = np.full(LONGEST + 1, base, np.uint64)
    out[0] = 1
    return np.multiply.accumulate(out)


# A polynomial over bytes: the difference of two running sums, moved back to the start by an inverse power, is the hash
# of what stands between, so all words of a text cost one pass.
_UP = _powers(_BASE)
_DOWN = _powers(pow(_BASE, -1, 1 << 64))
EMPTY: Hashes = np.empty(0, np.uint64)


def mixed(values: Hashes, salt: int = 0) -> Hashes:
    """Return hashes spread over all bits, others for each salt."""
    out = (values ^ np.uint64((salt * _BASE) & _MASK)) * np.uint64(_BASE)
    out ^= out >> np.uint64(29)
    out *= np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(32)
    return out


def hashed(words: Sequence[str], salt: int) -> Hashes:
    """Return the hash of each word, in order; fewer, if the words are longer than is read."""
    if not words:
        return EMPTY
    data = np.frombuffer(("\n".join(words) + "\n").encode("utf-8", "replace")[:LONGEST], np.uint8)
    ends = np.flatnonzero(data == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))[: len(ends)]
    sums = np.empty(len(data) + 1, np.uint64)
    sums[0] = 0
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * _UP[: len(data)], out=sums[1:])
    found: Hashes = (sums[ends] - sums[starts]) * _DOWN[starts]
    return mixed(found, salt)


def pairs(hashes: Hashes, salt: int) -> Hashes:
    """Return the hash of each two neighbours, in order."""
    if len(hashes) < 2:
        return EMPTY
    return mixed(hashes[:-1] * np.uint64(3) + hashes[1:], salt)


def grams(data: bytes, salt: int) -> Hashes:
    """Return the hashes of all different runs of four bytes."""
    if len(data) < 4:
        return EMPTY
    one = np.frombuffer(data, np.uint8).astype(np.uint32)
    runs = np.sort(one[:-3] | one[1:-2] << 8 | one[2:-1] << 16 | one[3:] << 24)
    return distinct(mixed(_without_neighbours(runs).astype(np.uint64), salt))


def distinct(hashes: Hashes) -> Hashes:
    """Return hashes in order, each once."""
    return _without_neighbours(np.sort(hashes))


def slots(hashes: Hashes, bits: int) -> NDArray[np.int64]:
    """Return where in a table of 2^bits each hash lies; those that meet there, once. Of `distinct` hashes."""
    return _without_neighbours((hashes >> np.uint64(64 - bits)).astype(np.int64))


def _without_neighbours[T: np.generic](values: NDArray[T]) -> NDArray[T]:
    """Return sorted values, each once; several times as fast as numpy's own `unique`."""
    if len(values) < 2:
        return values
    kept = np.empty(len(values), np.bool_)
    kept[0] = True
    np.not_equal(values[1:], values[:-1], out=kept[1:])
    return values[kept]
