"""Fuzz target: a damaged pack is a PackError; one that is read gives texts from within its data."""

import contextlib

import numpy as np
import zstandard

from apps.store import packs


def test_one_input(data: bytes) -> None:
    """Read the bytes, parted in the middle, as index and data: as they stand, and as what was packed."""
    index, text = data[: len(data) // 2], data[len(data) // 2 :]
    pairs = [(index, text), (zstandard.compress(index, 1), zstandard.compress(text, 1)), (index, None)]
    # An index that fits the data is hard to guess: what is left over of it belongs to no column.
    fitting = index[: len(index) // 56 * 56]
    if fitting:
        lengths = np.frombuffer(fitting, "<u4", len(fitting) // 14, len(fitting) // 56 * 40).astype(np.int64)
        if (size := int(lengths.sum())) < 2**16:
            pairs.append((zstandard.compress(fitting, 1), zstandard.compress(bytes(size), 1)))
    for first, second in pairs:
        with contextlib.suppress(packs.PackError):
            pack = packs.decode(packs.ZSTD, 0, first, second)
            if second is not None:
                rows = np.arange(pack.uids.size)
                for what in packs.Wire:
                    assert len(pack.texts(rows, what)) == pack.uids.size
