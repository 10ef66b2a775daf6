"""What the pages of the settings have in common: their list, who reads them, and the proof that it is them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from apps.accounts import web
from apps.accounts.web import Current
from apps.pages import asking
from apps.pages.access import signed_in

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the settings' list."""

    name: str
    url_name: str
    icon: str
    text: str | Promise


SECTIONS = (
    Section("security", "settings:security", "shield-check", _("Sign-in and security")),
    Section("appearance", "settings:appearance", "palette", _("Appearance")),
    Section("junk", "settings:junk", "shield-ban", _("Junk mail")),
    Section("privacy", "settings:privacy", "eye-off", _("Privacy")),
)
SECURITY = "security"
JUST_NOW = timedelta(minutes=2)


def current_of(request: HttpRequest) -> Current:
    """Return who is signed in; asked for by views that nobody else comes to."""
    found = web.current(request)
    assert found is not None
    return found


def proved[**P](view: View[P]) -> View[P]:
    """Let a view be called by whoever proved lately who they are; others are asked, and come back."""
    return _guarded(view, lambda current: current.was_proved_lately)


def proved_now[**P](view: View[P]) -> View[P]:
    """Let a view be called by whoever has just proved who they are: signing in a while ago is not enough."""

    def was_just_proved(current: Current) -> bool:
        return current.proved_at is not None and current.proved_at > timezone.now() - JUST_NOW

    return _guarded(view, was_just_proved)


def _guarded[**P](view: View[P], is_enough: Callable[[Current], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_enough(current_of(request)):
            return view(request, *args, **kwargs)
        where = f"{reverse('settings:prove')}?{urlencode({'next': request.path})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)

    return never_cache(signed_in(guarded))


def show(request: HttpRequest, template: str, section: str, values: dict[str, Any]) -> HttpResponse:
    """Draw a page of the settings."""
    return render(request, template, {"section": section, "sections": SECTIONS, **values})


def ask(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: asking.Text,
    button: asking.Text,
    run: asking.Run,
    explain: tuple[asking.Text, ...] = (),
    is_danger: bool = False,
    template: str = "pages/settings/ask.html",
) -> HttpResponse:
    """Ask on a page of the settings, or in their dialog."""
    return asking.ask(
        request,
        form,
        template=template,
        title=title,
        section=SECURITY,
        button=button,
        back=reverse("settings:security"),
        run=run,
        explain=explain,
        is_danger=is_danger,
        more={"sections": SECTIONS},
    )
