"""What the columns of a table mean: recognised by their heads, in English and German, or said by who imports it."""

import enum
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.protocols.tables import Record, Table


class Field(enum.StrEnum):
    """What a column may hold."""

    ADDRESS = "address"
    KIND = "kind"
    NAME = "name"
    PASSWORD = "password"
    PASSWORD_HASH = "password_hash"
    QUOTA = "quota"
    OWNER = "owner"
    TARGETS = "targets"
    LANGUAGE = "language"


type Mapped = Mapping[Field, int]
"""Which column holds what, counted from 0."""

LABELS: Mapping[Field, str | Promise] = {
    Field.ADDRESS: _("Address"),
    Field.KIND: _("Kind"),
    Field.NAME: _("Name"),
    Field.PASSWORD: _("Password"),
    Field.PASSWORD_HASH: _("Password hash"),
    Field.QUOTA: _("Room"),
    Field.OWNER: _("Owner"),
    Field.TARGETS: _("Points to"),
    Field.LANGUAGE: _("Language"),
}
# Without spaces, dots and strokes, in lower case, umlauts as two letters.
_WRITTEN: Mapping[Field, str] = {
    Field.ADDRESS: (
        "address email mail emailaddress mailaddress mailbox login username user account adresse emailadresse"
        " mailadresse postfach benutzer benutzername anmeldung konto"
    ),
    Field.KIND: "kind type art typ was",
    Field.NAME: "name fullname displayname realname description vollername anzeigename vorundnachname bezeichnung",
    Field.PASSWORD: "password pass pwd passwort kennwort",
    Field.PASSWORD_HASH: "passwordhash hash passwd cryptpassword passworthash kennworthash verifier",
    Field.QUOTA: "quota room size limit maxsize storage mailboxsize platz groesse speicher speicherplatz kontingent",
    Field.OWNER: "owner ownedby belongsto besitzer eigentuemer inhaber gehoert",
    Field.TARGETS: (
        "targets target pointsto goto destination destinations forwardto forward recipients ziel ziele zieladresse"
        " zieladressen weiterleitung weiterleitungan zeigtauf"
    ),
    Field.LANGUAGE: "language lang locale sprache",
}
_HEADS = {field: frozenset(words.split()) for field, words in _WRITTEN.items()}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def recognise(head: str) -> Field | None:
    """Return what a column with this head holds, if its head is one we know."""
    word = unicodedata.normalize("NFC", head).casefold().translate(_UMLAUTS)
    word = "".join(char for char in word if char.isalnum())
    return next((field for field, heads in _HEADS.items() if word in heads), None)


def has_head(table: Table) -> bool:
    """Say whether the first row names the columns: a row of people has an address in it, a head has none."""
    return not any("@" in cell for cell in table.records[0].cells)


def heads(table: Table) -> list[str]:
    """Return the names of the columns; empty where there is none."""
    width = max(len(record.cells) for record in table.records)
    first = table.records[0].cells if has_head(table) else ()
    return [first[at] if at < len(first) else "" for at in range(width)]


def body(table: Table) -> tuple[Record, ...]:
    """Return the rows below the head."""
    return table.records[1:] if has_head(table) else table.records


def guess(table: Table) -> dict[Field, int]:
    """Say what each column holds, as far as heads tell; without heads the first column with an @ is the address."""
    found: dict[Field, int] = {}
    for at, head in enumerate(heads(table)):
        if (field := recognise(head)) is not None:
            found.setdefault(field, at)
    if not has_head(table):
        cells = table.records[0].cells
        found[Field.ADDRESS] = next(at for at, cell in enumerate(cells) if "@" in cell)
    return found


def cells_of(record: Record, mapped: Mapped) -> dict[Field, str]:
    """Return a row by what its cells hold; a short row ends in empty ones."""
    cells: Sequence[str] = record.cells
    return {field: cells[at] if 0 <= at < len(cells) else "" for field, at in mapped.items()}
