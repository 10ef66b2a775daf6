"""Asks once more who sits there, before passwords and factors are changed."""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts import signing_in, web
from apps.accounts.authentication import Refused
from apps.accounts.factors import Factor, factors_of
from apps.pages.access import signed_in
from apps.pages.views.sign_in import words_of

from .common import current_of


@sensitive_post_parameters("password", "code")
@never_cache
@signed_in
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for the password, or for what the app shows."""
    current, error = current_of(request), ""
    if request.method == "POST":
        is_code = request.POST.get("kind") == Factor.TOTP
        if is_code:
            code = request.POST.get("code", "")[:100].strip()
            answer = signing_in.prove_with_totp(user=current.user, session_id=current.session_id, code=code)
        else:
            answer = signing_in.prove_with_password(
                user=current.user,
                session_id=current.session_id,
                password=request.POST.get("password", "")[:4096],
                peer=web.peer_of(request),
            )
        if not isinstance(answer, Refused):
            return HttpResponseRedirect(next_of(request))
        time.sleep(answer.pause)
        if is_code or answer.retry_after is not None:
            error = words_of(answer, is_code=is_code)
        else:
            error = _("The password is not right.")
    kinds = factors_of(current.user.id)
    values = {
        "error": error,
        "address": current.user.address,
        "next": next_of(request),
        "has_app": Factor.TOTP in kinds,
        "with_code": request.POST.get("kind") == Factor.TOTP,
    }
    return render(request, "pages/settings/prove.html", values, status=422 if error else 200)


def next_of(request: HttpRequest) -> str:
    """Return where to go on: a page of the settings."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/settings/")
    return wanted if is_ours else reverse("settings:security")
