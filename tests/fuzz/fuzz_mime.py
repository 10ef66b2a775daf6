"""Fuzz target: the scanner answers whatever the bytes are, and its answers fit together."""

from apps.protocols.mime.parts import PartTable
from apps.protocols.mime.scan import scan
from apps.protocols.mime.structure import body
from tests.protocols.mime.wire_reader import read


def test_one_input(data: bytes) -> None:
    """Scan, and use what came back as its readers do."""
    facts = scan(data)
    table = PartTable.decode(facts.parts)
    assert table.section(()) == (0, len(data))
    assert table.encode() == facts.parts
    for wire in (facts.envelope, facts.structure, body(facts.structure)):
        assert isinstance(read(wire), list)
    (facts.subject + facts.from_addr + facts.preview + facts.text).encode()
