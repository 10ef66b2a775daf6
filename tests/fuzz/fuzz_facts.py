"""Fuzz target: the packed facts of a queued message are read back to the same bytes, or a ValueError."""

import contextlib

from apps.protocols.mime.scan import scan
from apps.queue import facts


def test_one_input(data: bytes) -> None:
    """Read the bytes as facts; and as a message whose facts are packed, whole and cut."""
    with contextlib.suppress(ValueError):
        # Compared packed, for JSON knows a number that equals nothing.
        packed = facts.pack(facts.unpack(data))
        assert facts.pack(facts.unpack(packed)) == packed
    packed = facts.pack(scan(data))
    facts.unpack(packed)
    for end in (0, 10, len(packed) // 2, len(packed) - 1):
        with contextlib.suppress(ValueError):
            facts.unpack(packed[:end])
