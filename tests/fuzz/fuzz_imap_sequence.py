"""Fuzz target: a sequence set is written as it was read, and means sorted, disjoint ranges."""

import contextlib
from itertools import pairwise

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.sequence import SequenceSet, encode
from apps.store.ranges import parse_multirange


def test_one_input(data: bytes) -> None:
    """Read a set, write it, and find its messages in folders small and large."""
    with contextlib.suppress(ProtocolError):
        found = SequenceSet.parse(data)
        assert SequenceSet.parse(str(found).encode()) == found
        for largest in (0, 1, 7, 2**32 - 1):
            ranges = found.resolve(largest)
            assert all(0 < low <= high for low, high in ranges)
            assert all(high + 1 < low for (_, high), (low, _) in pairwise(ranges))
            if ranges:
                assert SequenceSet.parse(encode(ranges)).resolve(largest) == ranges
    # PostgreSQL's way to write ranges; what it never writes may be a ValueError, and nothing else.
    with contextlib.suppress(ValueError):
        parse_multirange(data.decode("ascii", "replace"))
