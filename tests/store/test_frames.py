"""A large body is read in chunks without unpacking it at each."""

import contextlib
import os
import struct

import hypothesis.strategies as st
import pytest
import zstandard
from hypothesis import given

from apps.store import blobs, frames, zstd
from apps.store.blobs import BlobMissingError, PackedBlob
from apps.store.frames import FRAME_BYTES

BODY = b"".join(b"line %d\r\n" % n for n in range(400_000))
CODEC, PACKED = blobs.pack(BODY)


def blob(packed: bytes = PACKED) -> PackedBlob:
    return PackedBlob(blobs.BlobRef(1, b"h" * 32, len(BODY)), blobs.FRAMES, blobs.INLINE, len(packed), packed)


def test_large_bodies_are_packed_in_frames() -> None:
    assert CODEC == blobs.FRAMES
    assert len(PACKED) < len(BODY) // 2
    assert blobs.pack(BODY[:FRAME_BYTES])[0] == blobs.ZSTD
    assert blobs.pack(os.urandom(FRAME_BYTES + 1))[0] == blobs.RAW


@given(st.integers(0, len(BODY) + 9), st.integers(0, 3 * FRAME_BYTES) | st.integers(0, 9))
def test_any_range_is_that_of_the_body(start: int, length: int) -> None:
    assert blobs.read(blob(), start, start + length) == BODY[start : start + length]


@pytest.mark.parametrize("size", [1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])
def test_bodies_at_the_edges_of_frames(size: int) -> None:
    body = BODY[:size]
    packed = frames.pack(body)
    assert frames.unpack(lambda at, n: packed[at : at + n], len(packed), size, 0, size) == body
    assert frames.unpack(lambda at, n: packed[at : at + n], len(packed), size, size - 1, size) == body[-1:]


def test_a_chunk_reads_no_more_than_its_frames() -> None:
    read = []

    def stored(at: int, length: int) -> bytes:
        read.append(length)
        return PACKED[at : at + length]

    frames.unpack(stored, len(PACKED), len(BODY), FRAME_BYTES + 5, FRAME_BYTES + 70_000)
    assert sum(read) < len(PACKED) // 2


@given(st.integers(0, len(PACKED) - 1), st.integers(0, 255), st.booleans())
def test_damage_is_one_error(at: int, byte: int, cut: bool) -> None:
    damaged = PACKED[:at] if cut else PACKED[:at] + bytes([byte]) + PACKED[at + 1 :]
    with contextlib.suppress(BlobMissingError):
        blobs.read(blob(damaged))


def test_a_frame_that_claims_too_much_gets_no_memory() -> None:
    """The size it names counts more than the library's own limit: RFC 8878 3.1.1.1.4."""
    claims = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 2**40) + b"\1\0\0"
    for packed in (claims, zstandard.compress(bytes(101)), b"", b"nonsense"):
        with pytest.raises(zstd.UnpackError):
            zstd.expand(packed, 100)
    assert zstd.expand(zstandard.compress(bytes(100)), 100) == bytes(100)


def test_fewer_frames_than_the_size_asks_for_are_damage() -> None:
    with pytest.raises(ValueError, match="fewer frames"):
        frames.unpack(lambda at, n: b"abc"[max(at, 0) : at + n], 3, FRAME_BYTES, 0, 1)
