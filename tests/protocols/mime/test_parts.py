"""Part tables are small, and only a part table is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.parts import LEAF, MESSAGE, MULTIPART, Entity, PartTable, Section


def leaf(start: int, body_start: int, end: int) -> Entity:
    return Entity(start, body_start, end, LEAF, [])


INNER = Entity(300, 340, 700, MULTIPART, [leaf(350, 360, 400), leaf(410, 430, 600)])
TABLE = PartTable(
    Entity(0, 100, 50_000_000, MULTIPART, [leaf(110, 130, 200), Entity(220, 300, 700, MESSAGE, [INNER])])
)


def test_it_works() -> None:
    packed = TABLE.encode()
    assert len(packed) < 40
    assert PartTable.decode(packed) == TABLE
    assert TABLE.size == 50_000_000
    assert TABLE.section((2, 2)) == (430, 600)
    assert TABLE.section((2,), "HEADER") == (300, 340)


def test_a_message_that_is_a_message() -> None:
    """A top-level message/rfc822: its body is part 1, which is a message itself."""
    table = PartTable(Entity(0, 10, 100, MESSAGE, [leaf(10, 20, 100)]))
    assert table.section((1,)) == (10, 100)
    assert table.section((1,), "HEADER") == (10, 20)
    assert table.section((1, 1)) == (20, 100)
    assert table.section((1, 1, 1)) is None
    assert table.section((1,), "nonsense") is None


def test_what_is_cut_or_longer_is_no_table() -> None:
    packed = TABLE.encode()
    for wrong in (b"", b"\2" + packed[1:], packed + b"\0", *(packed[:n] for n in range(1, len(packed)))):
        with pytest.raises(ValueError, match="not a part table"):
            PartTable.decode(wrong)


@given(st.binary(max_size=30))
def test_anything_is_a_table_or_not(packed: bytes) -> None:
    try:
        table = PartTable.decode(b"\1" + packed)
    except ValueError:
        return
    assert PartTable.decode(table.encode()) == table
    for path in ((), (1,), (1, 1)):
        for kind in Section:
            table.section(path, kind)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"\1\2\0\1\1", id="a message part without its message"),
        pytest.param(b"\1\3\0\1\1", id="a kind there is not"),
        pytest.param(b"\1\4\0\1\1\0\0\1\1", id="a leaf with a child"),
        pytest.param(b"\1\0" + b"\x80" * 100_000 + b"\0\1\1", id="a number of a hundred thousand digits"),
    ],
)
def test_what_no_message_has_is_no_table(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not a part table"):
        PartTable.decode(packed)
