"""Packs: what FETCH says of up to a thousand messages, ready for the wire; immutable, and never the truth.

A pack holds, for each uid, `INTERNALDATE .. RFC822.SIZE .. ENVELOPE .. BODYSTRUCTURE ..` in this order, so any
run of neighbours is one slice of bytes. None of it ever changes for a uid, so a pack stays right for ever; it
may hold uids that are gone, and is made again when more than half of them are. Its index holds numbers that
SEARCH asks for. Packs can be dropped at any time; rows answer then.
"""

import datetime as dt
import enum
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from apps.protocols.imap.folder import Uids, frozen

from .zstd import UnpackError, expand

PACK_SIZE = 1000
ZSTD = 1
NO_DATE = -(2**63)
"""How the index keeps a Date header that is missing or cannot be read."""

_MOST_BYTES = 2**30
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


class PackError(ValueError):
    """A pack that cannot be read; the rows can."""


class Wire(enum.IntFlag):
    """What of a message is wanted, in the order it is packed."""

    INTERNALDATE = 1
    SIZE = 2
    ENVELOPE = 4
    STRUCTURE = 8
    ALL = 15


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """An unpacked pack: one row of the arrays for each uid, and where its four texts end in `data`."""

    uids: Uids
    sizes: NDArray[np.int64]
    dates: NDArray[np.int64]
    sent: NDArray[np.int64]
    content_ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    """Of shape (uids, 4): after INTERNALDATE, RFC822.SIZE, ENVELOPE and BODYSTRUCTURE, each with its space."""
    data: bytes

    @property
    def nbytes(self) -> int:
        """The memory of it all."""
        return len(self.data) + 68 * int(self.uids.size)

    def texts(self, rows: NDArray[np.intp], what: Wire) -> list[bytes]:
        """Return the texts wanted of these rows, each joined by spaces, without one at the end."""
        runs = _runs(what)
        data = self.data
        if len(runs) == 1:
            starts, ends = self._bounds(rows, *runs[0])
            return [data[start:end] for start, end in zip(starts, ends, strict=True)]
        bounds = [self._bounds(rows, *run) for run in runs]
        columns = [
            [data[start:end] for start, end in zip(starts, ends, strict=True)] for starts, ends in bounds
        ]
        return [b" ".join(parts) for parts in zip(*columns, strict=True)]

    def _bounds(self, rows: NDArray[np.intp], first: int, last: int) -> tuple[list[int], list[int]]:
        ends = self.ends[rows, last]
        starts = self.ends[rows, first - 1] if first else self._starts()[rows]
        return starts.tolist(), (ends - 1).tolist()

    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate((np.zeros(1, np.int64), self.ends[:-1, 3]))


def _runs(what: Wire) -> list[tuple[int, int]]:
    """Return the neighbouring texts wanted, as (first, last): those are one slice."""
    runs: list[tuple[int, int]] = []
    for place, item in enumerate((Wire.INTERNALDATE, Wire.SIZE, Wire.ENVELOPE, Wire.STRUCTURE)):
        if what & item:
            if runs and runs[-1][1] == place - 1:
                runs[-1] = (runs[-1][0], place)
            else:
                runs.append((place, place))
    return runs


def internaldate(seconds: int) -> bytes:
    """Return a date as INTERNALDATE has it, in UTC (RFC 3501 9, date-time)."""
    try:
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        at = dt.datetime.fromtimestamp(0, dt.UTC)
    return b'"%2d-%b-%04d %02d:%02d:%02d +0000"' % (
        at.day,
        _MONTHS[at.month - 1],
        at.year,
        at.hour,
        at.minute,
        at.second,
    )


def make(rows: Iterable[Sequence[Any]]) -> Pack:
    """Return the pack of rows (uid, size, internaldate, sent_at, content id, envelope, structure)."""
    chunks: list[bytes] = []
    numbers: list[tuple[int, int, int, int, int]] = []
    lengths: list[tuple[int, int, int, int]] = []
    for uid, size, date, sent, content_id, envelope, structure in rows:
        texts = (
            b"INTERNALDATE %b " % internaldate(date),
            b"RFC822.SIZE %d " % size,
            b"ENVELOPE %b " % envelope,
            b"BODYSTRUCTURE %b " % structure,
        )
        chunks += texts
        numbers.append((uid, size, date, NO_DATE if sent is None else sent, content_id))
        lengths.append((len(texts[0]), len(texts[1]), len(texts[2]), len(texts[3])))
    columns = np.array(numbers, np.int64).reshape(-1, 5)
    ends = np.cumsum(np.array(lengths, np.int64).ravel(), dtype=np.int64).reshape(-1, 4)
    return _pack(columns, ends, b"".join(chunks))


def _pack(columns: NDArray[np.int64], ends: NDArray[np.int64], data: bytes) -> Pack:
    uids, sizes, dates, sent, content_ids = (frozen(np.ascontiguousarray(column)) for column in columns.T)
    return Pack(frozen(uids.astype(np.uint32)), sizes, dates, sent, content_ids, frozen(ends), data)


def encode(pack: Pack) -> tuple[bytes, bytes]:
    """Return index and data as they are stored."""
    numbers = (pack.uids, pack.sizes, pack.dates, pack.sent, pack.content_ids)
    columns = [np.diff(column.astype("<i8"), prepend=np.int64(0)).astype("<i8") for column in numbers]
    lengths = np.diff(pack.ends.ravel(), prepend=np.int64(0)).astype("<u4")
    index = b"".join([*(column.tobytes() for column in columns), lengths.tobytes()])
    squeeze = zstandard.ZstdCompressor(level=1).compress
    return squeeze(index), squeeze(pack.data)


def decode(codec: int, key_id: int, index: bytes, data: bytes | None) -> Pack:
    """Read a stored pack, or its index alone if `data` is None; raises PackError."""
    if codec != ZSTD or key_id != 0:
        raise PackError(f"codec {codec} with key {key_id}")
    try:
        raw = expand(index, _MOST_BYTES)
        text = b"" if data is None else expand(data, _MOST_BYTES)
    except UnpackError as error:
        raise PackError(str(error)) from None
    count, rest = divmod(len(raw), 56)
    if rest:
        raise PackError("an index of odd length")
    with np.errstate(over="ignore"):
        columns = np.cumsum(np.frombuffer(raw, "<i8", 5 * count).reshape(5, count), axis=1, dtype=np.int64)
    lengths = np.frombuffer(raw, "<u4", 4 * count, 40 * count)
    ends = np.cumsum(lengths, dtype=np.int64).reshape(-1, 4)
    if data is not None and (int(ends[-1, 3]) if count else 0) != len(text):
        raise PackError("index and data differ")
    return _pack(columns.T, ends, text)


class PackCache:
    """The unpacked packs of a process, the least recently used let go above `limit_bytes`.

    To unpack one costs a hundred times what a single FETCH costs, so the one that was used last is kept.
    """

    def __init__(self, limit_bytes: int = 48 * 2**20) -> None:
        self._limit = limit_bytes
        self._packs: OrderedDict[tuple[int, int], Pack] = OrderedDict()
        self._bytes = 0

    def holding(self, folder_id: int, uid: int) -> Pack | None:
        """Return the pack that is here and holds this uid; asked for one uid, it looks at the last used first."""
        for key, pack in reversed(self._packs.items()):
            if key[0] == folder_id and key[1] <= uid <= int(pack.uids[-1]):
                self._packs.move_to_end(key)
                return pack
        return None

    def keep(self, folder_id: int, first_uid: int, pack: Pack) -> None:
        """Keep a pack."""
        key = (folder_id, first_uid)
        if key in self._packs:
            self._bytes -= self._packs.pop(key).nbytes
        self._packs[key] = pack
        self._bytes += pack.nbytes
        while self._bytes > self._limit and len(self._packs) > 1:
            self._bytes -= self._packs.popitem(last=False)[1].nbytes

    @property
    def nbytes(self) -> int:
        """The memory of all packs."""
        return self._bytes
