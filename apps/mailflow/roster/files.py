"""A file somebody sends: read as a table, or refused in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisations.errors import DirectoryError
from apps.protocols.tables import MAX_COLUMNS, MAX_FIELD, MAX_ROWS, Table, TableError, read_table

from .columns import Field, Mapped, body, heads

_WORDS = {
    "too-large": gettext_lazy("The file is too large: 4 MB at most."),
    "too-many-rows": gettext_lazy("The file has too many rows: %(rows)s at most. Part it into several."),
    "too-many-columns": gettext_lazy("The file has too many columns: %(columns)s at most."),
    "field-too-long": gettext_lazy("A cell is too long: %(field)s characters at most."),
    "empty": gettext_lazy("There is nothing in the file."),
    "workbook": gettext_lazy("This is a workbook. Save it as CSV in your spreadsheet, and send that."),
    "not-text": gettext_lazy("This is no text file. Save it as CSV in your spreadsheet, and send that."),
    "encoding": gettext_lazy("The file is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8."),
    "quotes": gettext_lazy(
        "The quotation marks do not match: one is opened and not closed, or text follows one."
    ),
}


class UnreadableError(DirectoryError):
    """What was sent is no table of people."""


def read(data: bytes) -> Table:
    """Read a table of people; raises UnreadableError with what to do about it."""
    try:
        table = read_table(data)
    except TableError as error:
        text = _WORDS[error.what] % {"rows": MAX_ROWS, "columns": MAX_COLUMNS, "field": MAX_FIELD}
        if error.line:
            text = _("Line %(line)s: %(text)s") % {"line": error.line, "text": text}
        raise UnreadableError(str(text)) from None
    if not body(table):
        raise UnreadableError(_("There is a head in the file, and no row below it."))
    return table


def check_columns(table: Table, mapped: Mapped) -> None:
    """Refuse a choice of columns that cannot be meant."""
    if Field.ADDRESS not in mapped:
        raise DirectoryError(_("Say which column holds the address."))
    if len(set(mapped.values())) != len(mapped):
        raise DirectoryError(_("One column cannot hold two things."))
    if not all(0 <= at < len(heads(table)) for at in mapped.values()):
        raise DirectoryError(_("There is no such column."))
