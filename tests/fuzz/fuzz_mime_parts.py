"""Fuzz target: a packed table of parts is read back to the same bytes, or a ValueError."""

import contextlib

from apps.protocols.mime.parts import PartTable, Section


def test_one_input(data: bytes) -> None:
    """Read a table, write it, and look for parts in it."""
    with contextlib.suppress(ValueError):
        table = PartTable.decode(data)
        again = PartTable.decode(table.encode())
        assert again == table
        for path in ((), (1,), (2,), (1, 1), (2, 1), (1, 1, 1)):
            for kind in Section:
                span = table.section(path, kind)
                assert span is None or span[0] <= span[1]
