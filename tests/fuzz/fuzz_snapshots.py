"""Fuzz target: a damaged snapshot is a SnapshotError, and one that is read can be packed again."""

import contextlib

import zstandard

from apps.protocols.imap.folder import FolderState
from apps.store import snapshots

EMPTY = FolderState(1, 2, 3)


def test_one_input(data: bytes) -> None:
    """The first byte says how many messages; the rest is read as it stands, and as what was packed."""
    count, data = (data[0] if data else 0), data[1:]
    for packed in (data, zstandard.compress(data, 1)):
        with contextlib.suppress(snapshots.SnapshotError):
            state = snapshots.decode(EMPTY, 9, count, snapshots.ZSTD, 0, packed)
            assert state.exists == count
            again = snapshots.decode(EMPTY, 9, count, snapshots.ZSTD, 0, snapshots.encode(state))
            assert again.uids.tolist() == state.uids.tolist()
            assert dict(again.more) == dict(state.more)
