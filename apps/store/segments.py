"""Large bodies in append-only files: written and synced before the row that names them commits.

A crash between the two leaves bytes that no row names; they go when their whole file is dead. Each process
appends to a file of its own and holds a lock on it, so no two writers meet and nobody removes a file that is
written to. A record carries a header of its own, so that a file can be read without the database.
"""

import fcntl
import os
import secrets
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROLL_BYTES = 256 * 1024 * 1024
MAGIC = b"MPS1"
# Magic, organisation, hash, size, stored size, codec, key.
HEADER = struct.Struct(">4sQ32sQQHI")
SUFFIX = ".seg"


@dataclass(frozen=True, slots=True)
class Record:
    """One packed blob on its way into a segment; or what a header says about one, whose bytes were not read."""

    organisation_id: int
    hash: bytes
    size: int
    codec: int
    key_id: int
    data: bytes
    stored_size: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record's bytes begin."""

    segment: str
    position: int


class Segments:
    """The segment files below one directory."""

    def __init__(self, root: Path, *, roll_bytes: int = ROLL_BYTES) -> None:
        self.root = root
        self._roll_bytes = roll_bytes
        self._lock = threading.Lock()
        self._owner = 0
        self._name = ""
        self._file = -1
        self._end = 0

    def write(self, records: Sequence[Record]) -> list[Place]:
        """Append the records; when this returns they are on the disk."""
        if not records:
            return []
        with self._lock:
            self._open()
            places, chunks, end = [], [], self._end
            for record in records:
                header = HEADER.pack(
                    MAGIC,
                    record.organisation_id,
                    record.hash,
                    record.size,
                    len(record.data),
                    record.codec,
                    record.key_id,
                )
                places.append(Place(self._name, end + HEADER.size))
                chunks += [header, record.data]
                end += HEADER.size + len(record.data)
            try:
                _write_all(self._file, b"".join(chunks))
                os.fdatasync(self._file)
            except OSError:
                # What is at the end of this file now, nobody knows: never write to it again.
                self._close()
                raise
            self._end = end
            return places

    def _open(self) -> None:
        if self._owner == os.getpid() and self._file >= 0 and self._end < self._roll_bytes:
            return
        # After a fork this closes our copy only; the parent still holds its lock.
        self._close()
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{secrets.token_hex(8)}{SUFFIX}"
        self._file = os.open(self.root / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._owner, self._name, self._end = os.getpid(), name, 0
        directory = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def read(self, segment: str, position: int, length: int) -> bytes:
        """Return `length` bytes from `position`; FileNotFoundError or EOFError when they are not there."""
        with self.path(segment).open("rb", buffering=0) as file:
            chunks = []
            while length > 0:
                chunk = os.pread(file.fileno(), length, position)
                if not chunk:
                    raise EOFError(f"{segment} ends before {position + length}")
                chunks.append(chunk)
                position += len(chunk)
                length -= len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def path(self, segment: str) -> Path:
        """Return the file of a segment; its name is ours, and never a way out of the directory."""
        if "/" in segment or not segment.endswith(SUFFIX):
            raise ValueError(f"not a segment: {segment!r}")
        return self.root / segment

    def names(self) -> list[str]:
        """Return every segment there is."""
        return sorted(path.name for path in self.root.glob(f"*{SUFFIX}"))

    def size(self, segment: str) -> int:
        """Return the length of a segment; -1 if there is none."""
        try:
            return self.path(segment).stat().st_size
        except OSError:
            return -1

    def idle(self, segment: str, *, seconds: float) -> bool:
        """Say whether nobody writes to a segment, nor has for so long."""
        try:
            with self.path(segment).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return os.fstat(file.fileno()).st_mtime < time.time() - seconds
        except OSError:
            return False

    def retire(self, segment: str) -> None:
        """Say that no row names a segment any more. It stays for another day, for those who are reading it."""
        self.path(segment).chmod(0o400)
        os.utime(self.path(segment))

    def is_retired(self, segment: str) -> bool:
        """Say whether a segment only waits for its last readers."""
        try:
            return not self.path(segment).stat().st_mode & 0o200
        except OSError:
            return False

    def records(self, segment: str) -> Iterator[tuple[Record, Place]]:
        """Yield what a segment holds, without the bytes; ends where it breaks off or makes no sense."""
        with self.path(segment).open("rb") as file:
            end = os.fstat(file.fileno()).st_size
            while len(head := file.read(HEADER.size)) == HEADER.size:
                magic, organisation_id, digest, size, stored, codec, key_id = HEADER.unpack(head)
                position = file.tell()
                if magic != MAGIC or position + stored > end:
                    return
                yield (
                    Record(organisation_id, digest, size, codec, key_id, b"", stored),
                    Place(segment, position),
                )
                file.seek(position + stored)

    def remove(self, segment: str, *, seconds: float) -> bool:
        """Remove a segment that no row names, if it is idle; say whether it is gone."""
        if not self.idle(segment, seconds=seconds):
            return False
        self.path(segment).unlink(missing_ok=True)
        return True


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
