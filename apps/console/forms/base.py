"""How every form of the console looks and behaves: fields dressed alike, sizes as people write them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.organisations.errors import DirectoryError
from apps.organisations.sizes import read_size, write_size

_LOOKS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "checkbox"),
    (forms.CheckboxSelectMultiple, "checkbox"),
    (forms.RadioSelect, "radio"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file-input"),
    (forms.TextInput, "input"),
)


class PaperForm(forms.Form):
    """A form in the console's dress. Labels end without a colon; errors are told beside their field and on top."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            look = next((css for kind, css in _LOOKS if isinstance(field.widget, kind)), "")
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {look}".strip()


class SizeField(forms.CharField):
    """A size as people write it, 2 GB; its value is a number of bytes, 0 for no limit."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("help_text", _("Like 500 MB or 2 GB. Empty means no limit."))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show a number of bytes as it would be written."""
        return write_size(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        """Read the text."""
        text = super().clean(value)
        try:
            return read_size(text)
        except DirectoryError as error:
            raise forms.ValidationError(str(error)) from None


class ConfirmForm(PaperForm):
    """Nothing to fill in: pressing the button is the answer."""


class TypedConfirmForm(PaperForm):
    """Asks to type the name of what will be gone."""

    typed = forms.CharField(
        max_length=320, widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"})
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].label = _("Type %(name)s to confirm") % {"name": name}

    def clean_typed(self) -> str:
        """Compare."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed.casefold() != self.name.casefold():
            raise forms.ValidationError(_("This is not the same."))
        return typed
