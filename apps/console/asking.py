"""The console's pages that ask for something and do it."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest, HttpResponse

from apps.organisations.errors import sentence
from apps.pages import asking
from apps.pages.asking import Done, Run, Text, posted

__all__ = ["Done", "Text", "ask", "posted", "sentence"]


def ask(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: Text,
    section: str,
    button: Text,
    back: str,
    run: Run,
    explain: Sequence[Text] = (),
    is_danger: bool = False,
) -> HttpResponse:
    """Ask on a page of the console, or in its dialog."""
    return asking.ask(
        request,
        form,
        template="console/ask.html",
        title=title,
        section=section,
        button=button,
        back=back,
        run=run,
        explain=explain,
        is_danger=is_danger,
    )
