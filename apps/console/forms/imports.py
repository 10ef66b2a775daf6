"""The forms of an import: the file, and what its columns hold."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.mailflow.models import Roster
from apps.mailflow.roster.columns import LABELS, Field, body, heads
from apps.mailflow.roster.deciding import Options
from apps.mailflow.roster.runs import mapped
from apps.protocols.tables import MAX_BYTES, Table

from .base import PaperForm

SAMPLES, LONGEST = 3, 40
_SECRET = frozenset({Field.PASSWORD, Field.PASSWORD_HASH})


class TableForm(PaperForm):
    """A table to import."""

    table = forms.FileField(
        label=_("Table"),
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text=_("A CSV file of 4 MB at most. Delimiter and encoding are found out."),
    )

    def clean_table(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["table"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("The file is too large: 4 MB at most."))
        return file


class ColumnsForm(PaperForm):
    """What each column of a table holds, and how it is taken over."""

    make_passwords = forms.BooleanField(
        label=_("Make a password for new users who have none in the table"),
        required=False,
        help_text=_("You can download these passwords once, when the import is done."),
    )
    update = forms.BooleanField(
        label=_("Change what is there already where the table says otherwise"),
        required=False,
        help_text=_("Name, language, room, and where aliases point. Passwords are never changed."),
    )

    def __init__(self, *args: Any, run: Roster, table: Table, **kwargs: Any) -> None:
        held = {at: field for field, at in mapped(run).items()}
        self.table, self.width = table, len(heads(table))
        initial: dict[str, Any] = {f"column_{at}": str(held.get(at, "")) for at in range(self.width)}
        initial |= {"update": run.update, "make_passwords": run.make_passwords}
        super().__init__(*args, initial=initial, **kwargs)
        choices = [("", _("Leave out")), *((str(field), label) for field, label in LABELS.items())]
        for at in range(self.width):
            self.fields[f"column_{at}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=_("Column %(number)s") % {"number": at + 1},
                widget=forms.Select({"class": "select"}),
            )
        self.language = run.language

    def columns(self) -> list[tuple[str, Sequence[str], forms.BoundField]]:
        """Return each column's head, what its first cells say, and the question what it holds."""
        rows = body(self.table)[:SAMPLES]
        shown: list[tuple[str, Sequence[str], forms.BoundField]] = []
        for at, head in enumerate(heads(self.table)):
            question = self[f"column_{at}"]
            cells = [row.cells[at] if at < len(row.cells) else "" for row in rows]
            if question.value() in _SECRET:
                cells = ["••••••" if cell else "" for cell in cells]
            shown.append((head, [cell[:LONGEST] for cell in cells if cell], question))
        return shown

    def options(self) -> Options:
        """Return how it is to be taken over."""
        data = self.cleaned_data
        return Options(data["update"], data["make_passwords"], self.language)

    def clean(self) -> dict[str, Any]:
        """Refuse one meaning for two columns."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        said = [data[f"column_{at}"] for at in range(self.width) if data.get(f"column_{at}")]
        if twice := next((name for name in said if said.count(name) > 1), None):
            raise forms.ValidationError(
                _("Two columns cannot both hold this: %(what)s.") % {"what": LABELS[Field(twice)]}
            )
        data["columns"] = {
            Field(data[f"column_{at}"]): at for at in range(self.width) if data.get(f"column_{at}")
        }
        return data
