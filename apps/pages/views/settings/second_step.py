"""Turning the second step off: every factor at once, by whoever has just shown who they are."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import security, web
from apps.accounts.services import second_factor
from apps.pages.asking import Done, posted
from apps.pages.forms import ConfirmForm

from .common import ask, current_of, proved_now


@proved_now
def turn_off(request: HttpRequest) -> HttpResponse:
    """Take every factor away; the password alone is enough again."""
    current = current_of(request)
    factors = security.factors(current.user)
    if not factors.is_on:
        return HttpResponseRedirect(reverse("settings:security"))

    def run(_data: dict[str, Any]) -> Done:
        second_factor.reset_second_factor(
            user=current.user, keep=current.session_id, actor=web.actor(request)
        )
        return _("The second step is off."), reverse("settings:security")

    return ask(
        request,
        ConfirmForm(posted(request)),
        title=_("Turn the second step off?"),
        explain=(
            _("From then on whoever knows your password can read your mail."),
            *_what_goes(factors),
            _("Other browsers are signed out. App passwords of mail programs go on."),
        ),
        button=_("Turn it off"),
        run=run,
        is_danger=True,
    )


def _what_goes(factors: security.Factors) -> tuple[str, ...]:
    count = len(factors.passkeys)
    passkeys = ngettext("Your passkey is removed.", "Your %(n)s passkeys are removed.", count) % {"n": count}
    return (
        *([_("The authenticator app's codes stop working.")] if factors.totp_since else []),
        *([passkeys] if count else []),
        *([_("Your recovery codes stop working.")] if factors.recovery_codes_left else []),
    )
