"""Tables as spreadsheets write them: guessed right, bounded, and written so that nobody's spreadsheet obeys them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols import tables
from apps.protocols.tables import Record, TableError, harmless, read_table, write_table

PEOPLE = "Adresse;Name\r\nalice@example.test;Änne\r\n\r\nbob@example.test;Bob\r\n"


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [record.cells for record in read_table(data).records]


def test_it_works() -> None:
    table = read_table(PEOPLE.encode())
    assert (table.delimiter, table.encoding) == (";", "utf-8")
    assert table.records == (
        Record(1, ("Adresse", "Name")),
        Record(2, ("alice@example.test", "Änne")),
        Record(4, ("bob@example.test", "Bob")),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_guessed(encoding: str, delimiter: str, end: str) -> None:
    data = PEOPLE.replace(";", delimiter).replace("\r\n", end).encode(encoding)
    assert cells(data)[1] == ("alice@example.test", "Änne")


def test_a_delimiter_within_a_cell_is_not_taken_for_the_one() -> None:
    assert cells(b"address,targets\na@example.test,x@a.test;y@b.test;z@c.test\n")[1][1].count(";") == 2
    assert cells(b'address;name\na@example.test;"Doe, Jane"\n')[1] == ("a@example.test", "Doe, Jane")
    assert cells(b"sep=,\naddress,a;b;c\nx,y\n")[0] == ("address", "a;b;c")


def test_a_line_number_is_the_files() -> None:
    table = read_table(b'sep=;\na;b\n"x\ny";1\nz;2\n')
    assert [record.line for record in table.records] == [2, 3, 5]


@pytest.mark.parametrize(
    ("data", "what", "line"),
    [
        (b"", "empty", 0),
        (b"\n ; \n", "empty", 0),
        (b"PK\x03\x04...", "workbook", 0),
        (b"a;b\0c", "not-text", 0),
        (b"a;b\n\x81;\x8d", "encoding", 0),
        (b"\xff\xfea", "encoding", 0),
        (b'a;b\nx;"y\n', "quotes", 2),
        (b'a;b\nx;"y"z\n', "quotes", 2),
        (b"a;" * 61, "too-many-columns", 1),
        (b"a;" + b"x" * 32_001, "field-too-long", 1),
        (b"a;" + b"x" * 200_000, "field-too-long", 1),
        (b"a;b\n" * 10_002, "too-many-rows", 0),
        (b"x" * (tables.MAX_BYTES + 1), "too-large", 0),
    ],
)
def test_what_is_no_table_is_told(data: bytes, what: str, line: int) -> None:
    with pytest.raises(TableError) as caught:
        read_table(data)
    assert (caught.value.what, caught.value.line) == (what, line)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u00a0=1", "\t=1", "\r", "\uff1d1"])
def test_nothing_written_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert write_table([[cell]]).decode("utf-8-sig").lstrip('"').startswith("'")


def test_an_ordinary_cell_is_written_as_it_is() -> None:
    assert write_table([["alice@example.test", "a;b", 'x"y']]).decode("utf-8-sig") == (
        'alice@example.test;"a;b";"x""y"\r\n'
    )


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_told(data: bytes) -> None:
    try:
        table = read_table(data)
    except TableError:
        return
    lines = [record.line for record in table.records]
    assert lines == sorted(set(lines))


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1), min_size=1
    ),
    st.sampled_from(tables.DELIMITERS),
)
def test_what_is_written_is_read_again_and_harmless(rows: list[list[str]], delimiter: str) -> None:
    text = write_table(rows, delimiter=delimiter).decode("utf-8-sig")
    again = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert again == [[harmless(cell) for cell in row] for row in rows]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in again for cell in row)
