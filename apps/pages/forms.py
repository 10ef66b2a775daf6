"""How every form looks and behaves: fields dressed alike, and forms that only ask whether it is meant."""

from typing import Any

from django import forms

_LOOKS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "checkbox"),
    (forms.CheckboxSelectMultiple, "checkbox"),
    (forms.RadioSelect, "radio"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file-input"),
    (forms.widgets.Input, "input"),  # of every kind; one for a password is no TextInput
)


class PaperForm(forms.Form):
    """A form in our dress. Labels end without a colon; errors are told beside their field and on top."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            look = next((css for kind, css in _LOOKS if isinstance(field.widget, kind)), "")
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {look}".strip()


class ConfirmForm(PaperForm):
    """Nothing to fill in: pressing the button is the answer."""
