"""Snapshots: a folder's uids, flags and modseqs at one modseq, small and quick to load; never the truth.

Packed is zstd of u4 uid deltas, u8 flags and u8 modseqs, then JSON of the keywords without a bit, if any.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import zstandard

from apps.events.transactions import Plan, Run
from apps.protocols.imap.folder import FolderState, frozen

from .sql import reading as sql
from .zstd import UnpackError, expand

ZSTD = 1
_BYTES_A_MESSAGE = 20
# A packed snapshot says how long it is; this bounds what a damaged one can make us allocate.
_MOST_BYTES = 4 * 2**30


class SnapshotError(ValueError):
    """A snapshot that cannot be read; the rows can."""


def encode(state: FolderState) -> bytes:
    """Pack a folder's state."""
    deltas = np.diff(state.uids, prepend=np.uint32(0)).astype("<u4")
    parts = [deltas.tobytes(), state.flags.astype("<u8").tobytes(), state.modseqs.astype("<u8").tobytes()]
    if state.more:
        parts.append(json.dumps({str(uid): names for uid, names in state.more.items()}).encode())
    return zstandard.ZstdCompressor(level=1).compress(b"".join(parts))


def decode(empty: FolderState, modseq: int, count: int, codec: int, key_id: int, data: bytes) -> FolderState:
    """Return `empty` with the messages of a snapshot; raises SnapshotError."""
    if codec != ZSTD or key_id != 0:
        raise SnapshotError(f"codec {codec} with key {key_id}")
    try:
        raw = expand(data, _MOST_BYTES)
    except UnpackError as error:
        raise SnapshotError(str(error)) from None
    if len(raw) < count * _BYTES_A_MESSAGE:
        raise SnapshotError("too short")
    uids = np.cumsum(np.frombuffer(raw, "<u4", count), dtype=np.uint32)
    # Copies: a slice would keep all of the unpacked bytes in memory.
    flags = np.frombuffer(raw, "<u8", count, 4 * count).astype(np.uint64)
    modseqs = np.frombuffer(raw, "<u8", count, 12 * count).astype(np.uint64)
    if count and (int(uids[0]) == 0 or bool((np.diff(uids.astype(np.int64)) <= 0).any())):
        raise SnapshotError("uids do not ascend")
    try:
        more = json.loads(raw[count * _BYTES_A_MESSAGE :] or b"{}")
        names = {int(uid): tuple(map(str, each)) for uid, each in more.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise SnapshotError("no keywords where they should be") from None
    return replace(
        empty,
        modseq=modseq,
        uids=frozen(uids),
        flags=frozen(flags),
        modseqs=frozen(modseqs),
        more=MappingProxyType(names),
    )


def from_rows(empty: FolderState, modseq: int, rows: Sequence[Sequence[Any]]) -> FolderState:
    """Return `empty` with the messages of rows (uid, flags, modseq, more_kw)."""
    uids, flags, modseqs, more = zip(*rows, strict=True) if rows else ((), (), (), ())
    return replace(
        empty,
        modseq=modseq,
        uids=frozen(np.array(uids, np.uint32)),
        flags=frozen(np.array(flags, np.int64).view(np.uint64)),
        modseqs=frozen(np.array(modseqs, np.int64).view(np.uint64)),
        more=MappingProxyType({uid: tuple(names) for uid, names in zip(uids, more, strict=True) if names}),
    )


def keep(state: FolderState) -> Plan[None]:
    """Keep a snapshot of this state, unless a newer one is there or the folder is gone."""
    yield Run(
        sql.KEEP_SNAPSHOT,
        [state.uidvalidity, state.modseq, state.exists, encode(state), state.folder_id],
    )
