"""Sets of uids as ranges: `[(1, 5), (9, 9)]` is 1:5,9; ends included, ascending, never touching."""

from collections.abc import Iterable, Sequence

type Ranges = Sequence[tuple[int, int]]


def normalise(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort ranges and join those that overlap or touch; empty ones (low above high) vanish."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if low > high:
            continue
        if joined and low <= joined[-1][1] + 1:
            if high > joined[-1][1]:
                joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def of_uids(uids: Iterable[int]) -> list[tuple[int, int]]:
    """Return the ranges of these uids."""
    return normalise((uid, uid) for uid in uids)


def count(ranges: Ranges) -> int:
    """Return how many uids there are."""
    return sum(high - low + 1 for low, high in ranges)


def uids_of(ranges: Ranges) -> list[int]:
    """Return every uid, ascending; only for ranges known to be small."""
    return [uid for low, high in ranges for uid in range(low, high + 1)]


def parse_multirange(text: str) -> list[tuple[int, int]]:
    """Read `{[1,5),[9,10)}` as PostgreSQL writes it into ranges with both ends included."""
    ranges = []
    for part in text[1:-1].replace("[", "").split(")"):
        if part.strip(","):
            low, high = part.strip(",").split(",")
            ranges.append((int(low), int(high) - 1))
    return ranges
