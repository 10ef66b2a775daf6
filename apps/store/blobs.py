"""The bytes of messages: exactly as received, once in an organisation, small ones in the database.

The key is (organisation, BLAKE3). What packs to 32 KB or less is kept in the row; more goes to a segment
file, synced before the row commits. Whoever keeps a blob's hash in a table registers it in `REFERENCES`:
the sweep takes what no registered table names for a day.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard
from blake3 import blake3
from django.conf import settings

from apps.events.transactions import Plan, Run, query

from . import frames
from .segments import Record, Segments
from .sql import blobs as sql
from .zstd import UnpackError, expand

INLINE_BYTES = 32 * 1024
RAW, ZSTD, FRAMES = 0, 1, 2
INLINE, SEGMENT = 0, 1
# Packing must earn its keep: less than a sixteenth is not worth unpacking at every reading.
LEAST_GAIN = 16
WINDOW = 256 * 1024
"""Who reads a large blob piece by piece gets pieces of so much."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names blobs: its table also has `organisation_id`."""

    table: str
    column: str = "blob_hash"


REFERENCES: set[Reference] = {Reference("store_content")}


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Which blob, and how long it is."""

    organisation_id: int
    hash: bytes
    size: int


@dataclass(frozen=True, slots=True)
class PackedBlob:
    """A blob that is packed, and on the disk if it is large; its row is yet to be written."""

    ref: BlobRef
    codec: int
    store: int
    stored_size: int
    data: bytes | None = None
    location: str = ""
    position: int | None = None
    key_id: int = 0


class BlobMissingError(LookupError):
    """A blob that a row names is not there: damage, to be reported, never to be shown to a peer."""


@functools.cache
def _segments(root: Path) -> Segments:
    return Segments(root)


def segments() -> Segments:
    """Return the segment files of this installation."""
    return _segments(Path(settings.MAIL_STATE_DIR) / "segments")


def pack(body: bytes) -> tuple[int, bytes]:
    """Return codec and packed bytes; what does not shrink stays raw, so that it can be sent from the file."""
    if len(body) > frames.FRAME_BYTES:
        codec, packed = FRAMES, frames.pack(body)
    else:
        codec, packed = ZSTD, zstandard.ZstdCompressor(level=1).compress(body)
    if len(packed) <= len(body) - max(len(body) // LEAST_GAIN, 1):
        return codec, packed
    return RAW, body


def prepare(bodies: Iterable[tuple[int, bytes]]) -> list[PackedBlob]:
    """Hash and pack (organisation, bytes) pairs, and write the large ones to a segment.

    It computes and syncs, so a listener calls it in a thread. Equal bytes are stored once.
    """
    done: dict[tuple[int, bytes], PackedBlob] = {}
    large: list[Record] = []
    keys = []
    for organisation_id, body in bodies:
        key = organisation_id, blake3(body).digest()
        keys.append(key)
        if key in done:
            continue
        codec, data = pack(body)
        ref = BlobRef(organisation_id, key[1], len(body))
        done[key] = PackedBlob(ref, codec, INLINE, len(data), data)
        if len(data) > INLINE_BYTES:
            large.append(Record(organisation_id, key[1], len(body), codec, 0, data))
    for record, place in zip(large, segments().write(large), strict=True):
        key = record.organisation_id, record.hash
        done[key] = PackedBlob(
            done[key].ref, record.codec, SEGMENT, len(record.data), None, place.segment, place.position
        )
    return [done[key] for key in keys]


def insert(prepared: Iterable[PackedBlob]) -> Plan[None]:
    """Write the rows of prepared blobs; one that is there already becomes young, and whole if it was not."""
    # In the order of the key, so that two batches with blobs in common never wait for each other.
    unique = {(blob.ref.organisation_id, blob.ref.hash): blob for blob in prepared}
    rows = [unique[key] for key in sorted(unique)]
    if rows:
        yield Run(
            sql.INSERT_BLOBS,
            [
                [blob.ref.organisation_id for blob in rows],
                [blob.ref.hash for blob in rows],
                [blob.ref.size for blob in rows],
                [blob.codec for blob in rows],
                [blob.key_id for blob in rows],
                [blob.store for blob in rows],
                [blob.location for blob in rows],
                [blob.position for blob in rows],
                [blob.stored_size for blob in rows],
                [blob.data for blob in rows],
            ],
        )


def put_many(organisation_id: int, bodies: Sequence[bytes]) -> Plan[list[BlobRef]]:
    """Store bodies; return where each is."""
    prepared = prepare((organisation_id, body) for body in bodies)
    yield from insert(prepared)
    return [blob.ref for blob in prepared]


def get_many(refs: Sequence[BlobRef]) -> Plan[list[PackedBlob]]:
    """Find blobs, in the order asked for; `read` their bytes. Raises BlobMissingError."""
    found = yield from find_many(refs)
    there = [blob for blob in found if blob is not None]
    if len(there) < len(refs):
        missing = next(ref for ref, blob in zip(refs, found, strict=True) if blob is None)
        raise BlobMissingError(f"no blob {missing.hash.hex()}")
    return there


def find_many(refs: Sequence[BlobRef]) -> Plan[list[PackedBlob | None]]:
    """Find blobs, in the order asked for, with None for each that is not there."""
    rows = yield from query(
        sql.GET_BLOBS, [[ref.organisation_id for ref in refs], [ref.hash for ref in refs]]
    )
    found = {
        (organisation_id, digest): PackedBlob(
            BlobRef(organisation_id, digest, size),
            codec,
            store,
            stored_size,
            data,
            location,
            position,
            key_id,
        )
        for organisation_id, digest, size, codec, key_id, store, location, position, stored_size, data in rows
    }
    return [found.get((ref.organisation_id, ref.hash)) for ref in refs]


def get(ref: BlobRef) -> Plan[bytes]:
    """Return a blob's bytes."""
    [blob] = yield from get_many([ref])
    return read(blob)


def get_range(ref: BlobRef, start: int, end: int) -> Plan[bytes]:
    """Return the bytes from `start` up to, not including, `end`."""
    [blob] = yield from get_many([ref])
    return read(blob, start, end)


def read(blob: PackedBlob, start: int = 0, end: int | None = None) -> bytes:
    """Return the bytes of a blob that was found. A large one is read from its file, perhaps from a disk."""
    size = blob.ref.size
    end = size if end is None else min(end, size)
    start = max(start, 0)
    if start >= end:
        return b""
    if blob.codec == RAW and blob.store == SEGMENT:
        return _stored(blob, start, end - start)
    if blob.codec == FRAMES:
        try:
            return frames.unpack(functools.partial(_stored, blob), blob.stored_size, size, start, end)
        except ValueError as error:
            raise BlobMissingError(f"blob {blob.ref.hash.hex()} is damaged: {error}") from None
    data = _stored(blob, 0, blob.stored_size)
    if blob.codec == ZSTD:
        try:
            data = expand(data, size)
        except UnpackError as error:
            raise BlobMissingError(f"blob {blob.ref.hash.hex()} is damaged: {error}") from None
    return data if (start, end) == (0, len(data)) else data[start:end]


def windows(blob: PackedBlob, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from `start` up to, not including, `end` in pieces, however long the blob is."""
    end = min(end, blob.ref.size)
    while start < end:
        # To the end of a frame, so that none is unpacked twice.
        bound = min(end, start - start % frames.FRAME_BYTES + frames.FRAME_BYTES)
        data = read(blob, start, bound)
        for first in range(0, len(data), WINDOW):
            yield data[first : first + WINDOW]
        start = bound


def _stored(blob: PackedBlob, offset: int, length: int) -> bytes:
    if blob.store == INLINE:
        return (blob.data or b"")[offset : offset + length]
    try:
        return segments().read(blob.location, (blob.position or 0) + offset, length)
    except (OSError, EOFError, ValueError) as error:
        raise BlobMissingError(f"blob {blob.ref.hash.hex()} is not in its segment: {error}") from None
