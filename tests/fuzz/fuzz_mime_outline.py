"""Fuzz target: a structure is a tree of parts or a ValueError; that of any message is one."""

import contextlib

from apps.protocols.mime.decoding import decoded
from apps.protocols.mime.outline import outline
from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan


def test_one_input(data: bytes) -> None:
    """Read the bytes as a structure, and as a message whose structure is read."""
    with contextlib.suppress(ValueError):
        list(outline(data).walk())
    facts = scan(data)
    table = PartTable.decode(facts.parts)
    for part in outline(facts.structure).walk():
        if part.number:
            start, end = table.section(part.path) or (0, 0)
            assert part.children or end - start == part.size
            b"".join(decoded([data[start:end]], part.encoding))
