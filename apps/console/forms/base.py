"""What the console's forms have besides what every form has: sizes as people write them, names typed again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.organisations.errors import DirectoryError
from apps.organisations.sizes import read_size, write_size
from apps.pages.forms import ConfirmForm, PaperForm

__all__ = ["ConfirmForm", "PaperForm", "SizeField", "TypedConfirmForm"]


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
