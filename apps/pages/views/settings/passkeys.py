"""Passkeys: made in the browser, named, and taken away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts import web
from apps.accounts.devices import summary
from apps.accounts.factors import Factor, factors_of
from apps.accounts.models import Passkey
from apps.accounts.services import passkeys
from apps.accounts.services.second_factor import FactorError
from apps.organisations.errors import NotFoundError
from apps.pages.access import signed_in
from apps.pages.asking import Done, posted
from apps.pages.forms import ConfirmForm, PaperForm
from apps.pages.views.passkeys import no_party, options_of

from .authenticator import show_codes
from .common import ask, current_of, proved


class NameForm(PaperForm):
    """How its owner knows a passkey again."""

    label = forms.CharField(
        label=_lazy("Name"),
        max_length=100,
        help_text=_lazy("How you know it again, like “Phone” or “Blue key”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@proved
def add(request: HttpRequest) -> HttpResponse:
    """Take the passkey that the browser made."""
    user, party = current_of(request).user, web.party(request)
    if party is None:
        messages.error(request, _("Passkeys do not work at this address. Open the page by its usual name."))
        return HttpResponseRedirect(reverse("settings:security"))
    is_first = not factors_of(user.id)

    def run(data: dict[str, Any]) -> HttpResponse:
        if not (response := request.POST.get("response", "")):
            raise FactorError(_("This browser cannot use passkeys here, or its scripts are switched off."))
        enrolled = passkeys.register(
            user=user, party=party, response=response, label=data["label"], actor=web.actor(request)
        )
        done = _("The passkey was added.")
        return show_codes(request, enrolled.recovery_codes, done=done, ended=enrolled.ended_programs)

    explain = [
        _("It stays in your phone, computer, password manager or key; your finger, face or PIN opens it.")
    ]
    if is_first:
        explain.append(
            _(
                "From then on your password alone lets nobody in: after it you are asked for the passkey, "
                "and mail programs need app passwords."
            )
        )
    return ask(
        request,
        NameForm(posted(request), initial={"label": summary(web.client_of(request))}),
        title=_("Add a passkey"),
        explain=tuple(explain),
        button=_("Add passkey"),
        run=run,
        template="pages/settings/passkey.html",
    )


@never_cache
@require_POST
@signed_in
def options(request: HttpRequest) -> HttpResponse:
    """Say what the browser is to make."""
    current, party = current_of(request), web.party(request)
    if not current.was_proved_lately:
        return JsonResponse({"detail": _("Show once more that it is you.")}, status=403)
    return (
        no_party()
        if party is None
        else options_of(passkeys.registration_options(user=current.user, party=party))
    )


@signed_in
def rename(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Give one another name."""
    found = _mine(request, passkey_id)

    def run(data: dict[str, Any]) -> Done:
        passkeys.rename(passkey=found, label=data["label"], actor=web.actor(request))
        return _("Saved."), reverse("settings:security")

    return ask(
        request,
        NameForm(posted(request), initial={"label": found.label}),
        title=_("Rename “%(label)s”") % {"label": found.label},
        button=_("Save"),
        run=run,
    )


@proved
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Take one away; whoever came in by it is signed out, but for this browser."""
    found, current = _mine(request, passkey_id), current_of(request)

    def run(_data: dict[str, Any]) -> Done:
        passkeys.remove(passkey=found, keep=current.session_id, actor=web.actor(request))
        return _("“%(label)s” was removed.") % {"label": found.label}, reverse("settings:security")

    is_last = Passkey.objects.filter(user=current.user).count() == 1 and Factor.TOTP not in factors_of(
        current.user.id
    )
    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Remove “%(label)s”?") % {"label": found.label},
        explain=(
            _("It lets nobody in any more, and other browsers that came in by it are signed out."),
            _(
                "It is your only second step: from then on your password alone lets you in, and recovery codes end."
            )
            if is_last
            else _("You go on being asked for a second step."),
            _("Delete it in the device or password manager that keeps it, too; we cannot."),
        ),
        button=_("Remove"),
        run=run,
        is_danger=True,
    )


def _mine(request: HttpRequest, passkey_id: int) -> Passkey:
    try:
        return passkeys.find(user=current_of(request).user, passkey_id=passkey_id)
    except NotFoundError:
        raise Http404 from None
