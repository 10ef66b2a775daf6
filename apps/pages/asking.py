"""Pages that ask for something and do it: one form, one service, and a notice of what was done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise

from apps.organisations.errors import DirectoryError, sentence

type Text = str | Promise
type Done = tuple[Text, str]
"""What was done, in words, and where to go."""
type Run = Callable[[dict[str, Any]], Done | HttpResponse]


def ask(
    request: HttpRequest,
    form: forms.Form,
    *,
    template: str,
    title: Text,
    section: str,
    button: Text,
    back: str,
    run: Run,
    explain: Sequence[Text] = (),
    is_danger: bool = False,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form; when it is sent and right, run its service and go on with a notice.

    What the service refuses is told like any other error of the form. htmx gets the form alone, for a dialog.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = run(form.cleaned_data)
        except DirectoryError as error:
            form.add_error(None, sentence(str(error)))
        else:
            if isinstance(done, HttpResponse):
                return done
            text, address = done
            messages.success(request, str(text))
            return HttpResponseRedirect(address)
    context = {
        "form": form,
        "title": title,
        "section": section,
        "button": button,
        "back": back,
        "explain": explain,
        "is_danger": is_danger,
        **(more or {}),
    }
    is_fragment = request.method == "GET" and bool(request.headers.get("HX-Request"))
    name = "parts/ask.html" if is_fragment else template
    return render(request, name, context, status=422 if form.is_bound else 200)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, or None when it is only asked for."""
    return request.POST if request.method == "POST" else None
