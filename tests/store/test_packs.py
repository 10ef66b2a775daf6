"""Packs and snapshots give back what was put in, and damage is noticed."""

import contextlib
from collections.abc import Sequence

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from apps.protocols.imap.folder import ADD, APPEND, FolderState, LogLine
from apps.store import packs, snapshots
from apps.store.packs import PackCache, PackError, Wire, internaldate
from apps.store.snapshots import SnapshotError

type Row = tuple[int, int, int, int | None, int, bytes, bytes]

TEXTS = st.binary(max_size=12)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 2**32 - 1),
        st.integers(0, 2**40),
        st.integers(0, 2**33),
        st.none() | st.integers(-(2**40), 2**40),
        st.integers(1, 2**62),
        TEXTS,
        TEXTS,
    ),
    unique_by=lambda row: row[0],
    max_size=8,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))
WHAT = st.integers(1, 15).map(Wire)


def said(row: Row, what: Wire) -> bytes:
    _, size, date, _, _, envelope, structure = row
    words = {
        Wire.INTERNALDATE: b"INTERNALDATE " + internaldate(date),
        Wire.SIZE: b"RFC822.SIZE %d" % size,
        Wire.ENVELOPE: b"ENVELOPE " + envelope,
        Wire.STRUCTURE: b"BODYSTRUCTURE " + structure,
    }
    return b" ".join(text for item, text in words.items() if what & item)


@given(ROWS, WHAT)
def test_a_pack_says_what_its_rows_say(rows: Sequence[Row], what: Wire) -> None:
    pack = packs.decode(packs.ZSTD, 0, *packs.encode(packs.make(rows)))
    assert pack.uids.tolist() == [row[0] for row in rows]
    assert pack.sizes.tolist() == [row[1] for row in rows]
    assert pack.sent.tolist() == [packs.NO_DATE if row[3] is None else row[3] for row in rows]
    assert pack.content_ids.tolist() == [row[4] for row in rows]
    odd = np.arange(len(rows))[::2]
    assert pack.texts(odd, what) == [said(row, what) for row in rows[::2]]


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_damage_to_a_pack_is_one_error(index: bytes, data: bytes) -> None:
    for pair in ((index, data), (packs.encode(packs.make([]))[0], data)):
        with contextlib.suppress(PackError):
            packs.decode(packs.ZSTD, 0, *pair)


def test_a_pack_of_an_unknown_kind_is_not_read() -> None:
    index, data = packs.encode(packs.make([]))
    with pytest.raises(PackError):
        packs.decode(7, 0, index, data)
    with pytest.raises(PackError):
        packs.decode(packs.ZSTD, 3, index, data)


def test_dates_are_in_utc_with_a_fixed_width() -> None:
    assert internaldate(0) == b'" 1-Jan-1970 00:00:00 +0000"'
    assert internaldate(1_800_000_000) == b'"15-Jan-2027 08:00:00 +0000"'
    assert internaldate(2**60) == internaldate(0)


def test_the_cache_lets_go_of_what_was_not_used() -> None:
    cache = PackCache(limit_bytes=3000)
    for first in (1, 11, 21):
        pack = packs.make([(first, 1, 0, None, 1, b"x" * 1000, b"()")])
        cache.keep(5, first, pack)
        cache.holding(5, 1)
    assert cache.holding(5, 1) is not None
    assert cache.holding(5, 11) is None
    assert cache.holding(6, 1) is None
    assert cache.nbytes <= 3000


def a_state() -> FolderState:
    empty = FolderState(1, 2, 3)
    return empty.replay(
        [
            LogLine(2, APPEND, 1, [(1, 3), (7, 9)]),
            LogLine(3, ADD, 1 << 62, [(7, 7)], ("todo",)),
        ]
    )


def test_a_snapshot_comes_back() -> None:
    state = a_state()
    back = snapshots.decode(
        FolderState(1, 2, 3, uidnext=10),
        state.modseq,
        state.exists,
        snapshots.ZSTD,
        0,
        snapshots.encode(state),
    )
    assert back.uids.tolist() == [1, 2, 3, 7, 8, 9]
    assert back.flags.tolist() == [1, 1, 1, 1 | 1 << 62, 1, 1]
    assert back.modseqs.tolist() == [2, 2, 2, 3, 2, 2]
    assert (back.modseq, back.uidnext, dict(back.more)) == (3, 10, {7: ("todo",)})


@given(st.binary(max_size=60), st.integers(0, 10))
def test_damage_to_a_snapshot_is_one_error(data: bytes, count: int) -> None:
    import zstandard

    for raw in (data, zstandard.compress(data)):
        with contextlib.suppress(SnapshotError):
            snapshots.decode(FolderState(1, 2, 3), 5, count, snapshots.ZSTD, 0, raw)
