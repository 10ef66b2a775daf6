"""How pages look, and what keys do: kept in the browser, for a phone wants it otherwise than a desk."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import override
from django.views.decorators.cache import never_cache

from apps.pages.access import signed_in
from apps.pages.asking import posted
from apps.pages.context import THEME_COOKIE, THEMES
from apps.pages.forms import PaperForm
from apps.pages.tastes import Taste, keep_taste, taste
from apps.pages.views.preferences import keep_language, keep_theme

from .common import show

SECTION = "appearance"


class AppearanceForm(PaperForm):
    """What may be liked one way or another."""

    theme = forms.ChoiceField(
        label=_lazy("Theme"),
        required=False,
        choices=[("", _lazy("As the system")), ("light", _lazy("Light")), ("dark", _lazy("Dark"))],
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(label=_lazy("Language"), choices=settings.LANGUAGES)
    density = forms.ChoiceField(
        label=_lazy("A message takes"),
        choices=[("cosy", _lazy("two lines")), ("compact", _lazy("one line"))],
        widget=forms.RadioSelect,
    )
    grouped = forms.BooleanField(label=_lazy("Show a conversation as one row"), required=False)
    paged = forms.BooleanField(
        label=_lazy("Show pages of plain links"),
        required=False,
        help_text=_lazy("Fifty messages a page, with headings: for screen readers that like it better."),
    )
    keys = forms.BooleanField(
        label=_lazy("Single keys act"),
        required=False,
        help_text=_lazy("Without them, F6, arrows and Enter still work."),
    )


@never_cache
@signed_in
def appearance(request: HttpRequest) -> HttpResponse:
    """Show how it is, and change it."""
    form = AppearanceForm(posted(request), initial=_now(request))
    if request.method == "POST" and form.is_valid():
        return _keep(request, form.cleaned_data)
    answer = show(request, "pages/settings/appearance.html", SECTION, {"form": form})
    answer.status_code = 422 if form.is_bound else 200
    return answer


def _now(request: HttpRequest) -> dict[str, Any]:
    liked, theme = taste(request), request.COOKIES.get(THEME_COOKIE, "")
    language: str = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    return {
        "theme": theme if theme in THEMES else "",
        "language": language,
        "density": liked.density,
        "grouped": liked.grouped,
        "paged": liked.paged,
        "keys": liked.keys,
    }


def _keep(request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
    answer = HttpResponseRedirect(reverse("settings:appearance"))
    keep_theme(answer, data["theme"])
    keep_language(answer, data["language"])
    liked = Taste(data["density"], data["grouped"], data["paged"], data["keys"])
    keep_taste(answer, liked, is_secure=request.is_secure())
    with override(data["language"]):
        messages.success(request, _("Saved."))
    return answer
