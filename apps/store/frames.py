"""Large bodies packed a megabyte at a time, so that a client that reads one in chunks does not unpack it at each.

Frames of zstd follow each other, then the length of each as u4; how many there are follows from the size.
"""

import struct
from collections.abc import Callable
from itertools import accumulate

import zstandard

from .zstd import expand

FRAME_BYTES = 2**20


def _lengths(size: int) -> struct.Struct:
    return struct.Struct(f"<{-(-size // FRAME_BYTES)}I")


def pack(body: bytes) -> bytes:
    """Pack a body that is not empty."""
    compress = zstandard.ZstdCompressor(level=1).compress
    view = memoryview(body)
    frames = [compress(view[at : at + FRAME_BYTES]) for at in range(0, len(body), FRAME_BYTES)]
    return b"".join([*frames, _lengths(len(body)).pack(*map(len, frames))])


def unpack(stored: Callable[[int, int], bytes], stored_size: int, size: int, start: int, end: int) -> bytes:
    """Return the bytes from `start` up to `end` of a body of `size` bytes; ValueError when that cannot be done.

    `end` is above `start` and at most `size`. `stored` returns packed bytes, given where they begin and how many they are.
    """
    lengths = _lengths(size)
    try:
        table = lengths.unpack(stored(stored_size - lengths.size, lengths.size))
    except struct.error:
        raise ValueError("there are fewer frames than there should be") from None
    bounds = [0, *accumulate(table)]
    first, last = start // FRAME_BYTES, (end - 1) // FRAME_BYTES + 1
    if bounds[-1] + lengths.size != stored_size:
        raise ValueError("the frames are not as long as they say")
    packed = memoryview(stored(bounds[first], bounds[last] - bounds[first]))
    frames = [
        expand(packed[bounds[n] - bounds[first] : bounds[n + 1] - bounds[first]], FRAME_BYTES)
        for n in range(first, last)
    ]
    begun = first * FRAME_BYTES
    data = frames[0] if len(frames) == 1 else b"".join(frames)
    return data if (start - begun, end - begun) == (0, len(data)) else data[start - begun : end - begun]
