"""The app that shows codes, set up with a QR code and taken away; and the codes on paper that stand in for it."""

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts import web
from apps.accounts.factors import Factor, factors_of
from apps.accounts.services import second_factor, totp
from apps.accounts.services.second_factor import FactorError
from apps.pages.asking import Done, posted
from apps.pages.forms import ConfirmForm, PaperForm

from .common import SECURITY, ask, current_of, proved, show


class CodeForm(PaperForm):
    """What the app shows."""

    code = forms.CharField(
        label=_lazy("Six digits the app shows now"),
        max_length=12,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code", "class": "mono"}),
    )


@proved
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret until the app has shown that it holds it."""
    user, form = current_of(request).user, CodeForm(posted(request))
    if Factor.TOTP in factors_of(user.id):
        return HttpResponseRedirect(reverse("settings:security"))
    if request.method == "POST" and form.is_valid():
        try:
            enrolled = totp.confirm(user=user, code=form.cleaned_data["code"], actor=web.actor(request))
        except FactorError as error:
            form.add_error("code", str(error))
        else:
            return show_codes(
                request,
                enrolled.recovery_codes,
                done=_("The authenticator app is set up."),
                ended=enrolled.ended_programs,
            )
    enrolment = totp.unfinished(user=user) or totp.start(user=user)
    groups = [enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)]
    values = {"form": form, "qr": drawn(enrolment.uri), "secret": " ".join(groups)}
    answer = show(request, "pages/settings/authenticator.html", SECURITY, values)
    answer.status_code = 422 if form.is_bound else 200
    return answer


def drawn(uri: str) -> SafeString:
    """Draw a QR code: black on white in every theme, for cameras that know nothing else."""
    code = segno.make_qr(uri, error="m")
    svg = code.svg_inline(border=3, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308  # Squares, drawn by segno; the address is not in it.


@proved
def remove(request: HttpRequest) -> HttpResponse:
    """Take the app away."""
    user = current_of(request).user

    def run(_data: dict[str, Any]) -> Done:
        totp.remove(user=user, actor=web.actor(request))
        return _("The authenticator app was removed."), reverse("settings:security")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Remove the authenticator app?"),
        explain=(_without(request, Factor.TOTP),),
        button=_("Remove"),
        run=run,
        is_danger=True,
    )


def _without(request: HttpRequest, factor: Factor) -> str:
    """Say what is left when a factor goes."""
    kinds = set(factors_of(current_of(request).user.id)) - {factor, Factor.RECOVERY_CODE}
    if kinds:
        return _("Your passkeys stay, and you go on being asked for a second step.")
    return _(
        "It is your only second step: from then on your password alone lets you in, and recovery codes end."
    )


@proved
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make a new sheet of codes."""
    user = current_of(request).user

    def run(_data: dict[str, Any]) -> HttpResponse:
        codes = second_factor.make_recovery_codes(user=user, actor=web.actor(request))
        return show_codes(request, codes, done=_("Here are new recovery codes."))

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Make new recovery codes?"),
        explain=(_("The old ones stop working at once."),),
        button=_("Make new codes"),
        run=run,
    )


def show_codes(request: HttpRequest, codes: tuple[str, ...], *, done: str, ended: int = 0) -> HttpResponse:
    """Show recovery codes this once; without any, go back and say what was done."""
    if not codes:
        messages.success(request, done)
        return HttpResponseRedirect(reverse("settings:security"))
    values = {"codes": codes, "done": done, "ended": ended, "address": current_of(request).user.address}
    return show(request, "pages/settings/codes.html", SECURITY, values)
