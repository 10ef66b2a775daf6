"""Fuzz target: damaged frames are a ValueError; what was packed is unpacked, whichever bytes are asked for."""

import contextlib

from apps.store.frames import pack, unpack


def test_one_input(data: bytes) -> None:
    """Three numbers of two bytes say the size and what is wanted; the rest is what is stored, or a body."""
    size, start, end = (int.from_bytes(data[at : at + 2]) for at in (0, 2, 4))
    stored = data[6:]
    if not stored:
        return
    for wanted in (size + 1, (size + 1) << 8):
        low = start % wanted
        with contextlib.suppress(ValueError):
            unpack(
                lambda at, n: stored[at : at + n], len(stored), wanted, low, low + 1 + end % (wanted - low)
            )
    packed = pack(stored)
    low = start % len(stored)
    high = low + 1 + end % (len(stored) - low)
    assert unpack(lambda at, n: packed[at : at + n], len(packed), len(stored), low, high) == stored[low:high]
