"""Fuzz target: any file is a table or a TableError, its rows are read or told, and what is written reads the same."""

from apps.mailflow.roster.columns import Field, body, guess, heads
from apps.mailflow.roster.rows import Fault, read_rows
from apps.protocols.tables import MAX_ROWS, TableError, read_table, write_table


def test_one_input(data: bytes) -> None:
    """Read the file as it is, every row of it, and again what was written of it."""
    try:
        table = read_table(data)
    except TableError:
        return
    assert 1 <= len(table.records) <= MAX_ROWS + 1
    lines = [record.line for record in table.records]
    assert lines == sorted(set(lines))
    mapped = guess(table)
    mapped.update({field: at for at, field in enumerate(Field) if at < len(heads(table)) and not mapped})
    found = read_rows(body(table), mapped)
    assert [one.line for one in found] == [record.line for record in body(table)]
    assert all(one.text for one in found if isinstance(one, Fault))
    again = read_table(write_table([record.cells for record in table.records], delimiter=table.delimiter))
    assert all(not cell.startswith(("=", "+", "-", "@")) for record in again.records for cell in record.cells)
