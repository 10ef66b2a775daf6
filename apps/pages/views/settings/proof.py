"""Asks once more who sits there, before passwords and factors are changed."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.accounts import signing_in, web
from apps.accounts.authentication import Refused
from apps.accounts.factors import Factor, factors_of
from apps.accounts.web import Current
from apps.pages.access import signed_in
from apps.pages.views.passkeys import no_party, options_of
from apps.pages.views.sign_in import passkey_answer, wait, words_of

from .common import current_of

FACTORS = frozenset({Factor.TOTP, Factor.PASSKEY})


@sensitive_post_parameters("password", "code", "response")
@never_cache
@signed_in
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for the password, for what the app shows, or for a passkey."""
    current, error, kind = current_of(request), "", request.POST.get("kind", "")
    if request.method == "POST":
        answer = _answer_of(request, current, kind)
        if not isinstance(answer, Refused):
            return HttpResponseRedirect(next_of(request))
        wait(answer)
        if kind in FACTORS or answer.retry_after is not None:
            error = words_of(answer, kind=kind)
        else:
            error = _("The password is not right.")
    kinds = factors_of(current.user.id)
    has_passkey = Factor.PASSKEY in kinds and web.party(request) is not None
    values = {
        "error": error,
        "address": current.user.address,
        "next": next_of(request),
        "has_passkey": has_passkey,
        "has_app": Factor.TOTP in kinds,
        "shown": kind or ("" if has_passkey else "password"),
    }
    return render(request, "pages/settings/prove.html", values, status=422 if error else 200)


def _answer_of(request: HttpRequest, current: Current, kind: str) -> signing_in.Proved | Refused:
    user, session_id = current.user, current.session_id
    if kind == Factor.PASSKEY:
        return passkey_answer(
            request,
            lambda response, party: signing_in.prove_with_passkey(
                user=user, session_id=session_id, response=response, party=party
            ),
        )
    if kind == Factor.TOTP:
        code = request.POST.get("code", "")[:100].strip()
        return signing_in.prove_with_totp(user=user, session_id=session_id, code=code)
    password = request.POST.get("password", "")[:4096]
    return signing_in.prove_with_password(
        user=user, session_id=session_id, password=password, peer=web.peer_of(request)
    )


@never_cache
@require_POST
@signed_in
def options(request: HttpRequest) -> HttpResponse:
    """Say what a passkey is to sign, to prove it."""
    party, user = web.party(request), current_of(request).user
    return no_party() if party is None else options_of(signing_in.prove_options(user=user, party=party))


def next_of(request: HttpRequest) -> str:
    """Return where to go on: a page of the settings."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/settings/")
    return wanted if is_ours else reverse("settings:security")
