"""Tables as text (RFC 4180, and what spreadsheets make of it): read with encoding and delimiter guessed, and written.

A table is read whole or not at all: what its quotes mean is never guessed, and it is bounded in every direction.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 60
MAX_FIELD = 32_000
DELIMITERS = (";", ",", "\t")
_LOOKED_AT = 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What spreadsheets take for the beginning of a formula; the wide ones are the same to some of them.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROLS = ("\t", "\r", "\n")


class TableError(ValueError):
    """Bytes that are no table; `what` says why in one word, `line` where, if that is known."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(f"{what} in line {line}" if line else what)
        self.what = what
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """One row, and the line of the file where it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds; the first row may be a header."""

    records: tuple[Record, ...]
    delimiter: str
    encoding: str


def read_table(data: bytes) -> Table:
    """Read a file; raises TableError. Rows with nothing in them are left out, spaces around cells, too."""
    if len(data) > MAX_BYTES:
        raise TableError("too-large")
    text, encoding = decode(data)
    text, skipped, named = _without_sep_line(text)
    delimiter = named or guess_delimiter(text)
    records: list[Record] = []
    for line, cells in _rows(text, delimiter):
        if not any(cells):
            continue
        if len(records) > MAX_ROWS:
            raise TableError("too-many-rows")
        records.append(Record(line + skipped, tuple(cells)))
    if not records:
        raise TableError("empty")
    return Table(tuple(records), delimiter, encoding)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file and its encoding: what a byte order mark says, UTF-8, or Windows-1252."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TableError("workbook")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise TableError("encoding") from None
            return _without_nul(text), encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            return _without_nul(data.decode(encoding)), encoding
        except UnicodeDecodeError:
            continue
    raise TableError("encoding")


def guess_delimiter(text: str) -> str:
    """Return what parts the cells: what cuts the first rows into equally many, and into the most."""
    best, best_score = DELIMITERS[0], (0.0, 0)
    for delimiter in DELIMITERS:
        widths = []
        try:
            for _, cells in _rows(text, delimiter):
                if any(cells):
                    widths.append(len(cells))
                if len(widths) == _LOOKED_AT:
                    break
        except TableError:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def write_table(rows: Iterable[Sequence[str]], *, delimiter: str = ";") -> bytes:
    """Write a file that spreadsheets open as it is meant: with a mark, and with nothing in it that they would obey."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe makes it text."""
    is_formula = cell.startswith(_CONTROLS) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if is_formula else cell


def _rows(text: str, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError("field-too-long" if "limit" in str(error) else "quotes", line) from None
        if len(cells) > MAX_COLUMNS:
            raise TableError("too-many-columns", line)
        if any(len(cell) > MAX_FIELD for cell in cells):
            raise TableError("field-too-long", line)
        yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise TableError("not-text")
    return text


def _without_sep_line(text: str) -> tuple[str, int, str]:
    """Take off `sep=;`, a first line that spreadsheets write for each other."""
    first, _, rest = text.partition("\n")
    first = first.strip("\r").strip('"')
    if len(first) == 5 and first[:4].lower() == "sep=" and first[4] in DELIMITERS:
        return rest, 1, first[4]
    return text, 0, ""
