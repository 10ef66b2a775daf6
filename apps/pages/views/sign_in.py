"""Signing in and out. Whoever is refused hears one sentence, and hears it no sooner than anybody else."""

import time
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import security, signing_in, web
from apps.accounts.authentication import Answer, NeedsSecondFactor, Refused, SignedIn
from apps.accounts.factors import Factor
from apps.accounts.passkeys import Party
from apps.events.database import give_back

HOME = "/mail/"
FEW_CODES = 4
NO_PASSKEY = "no passkey was shown"


def home(request: HttpRequest) -> HttpResponse:
    """Send a reader to their mail, or to the page that asks who they are."""
    return HttpResponseRedirect(HOME if request.user.is_authenticated else "/sign-in")


def favicon(request: HttpRequest) -> HttpResponse:
    """Send a browser to our icon."""
    return HttpResponseRedirect(static("icon.svg"))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(_next(request))
        return _page(request)
    answer = signing_in.begin(
        request.POST.get("address", "")[:400],
        request.POST.get("password", "")[:4096],
        peer=web.peer_of(request),
        client=web.client_of(request),
    )
    return answered(request, answer)


@never_cache
@sensitive_post_parameters("code", "token", "response")
@require_POST
def second_step(request: HttpRequest) -> HttpResponse:
    """Take the code of an app or from paper, or a passkey, and finish what the password began."""
    token, code = request.POST.get("token", "")[:200], request.POST.get("code", "")[:100].strip()
    peer, client = web.peer_of(request), web.client_of(request)
    answer: SignedIn | Refused
    match request.POST.get("kind"):
        case Factor.PASSKEY:
            answer = passkey_answer(
                request,
                lambda response, party: signing_in.finish_with_passkey(
                    token, response, party=party, peer=peer, client=client
                ),
            )
        case Factor.RECOVERY_CODE:
            answer = signing_in.finish_with_recovery_code(token, code, peer=peer, client=client)
        case _:
            answer = signing_in.finish_with_totp(token, code, peer=peer, client=client)
    return answered(request, answer, token=token)


def passkey_answer[T](request: HttpRequest, use: Callable[[str, Party], T | Refused]) -> T | Refused:
    """Use what the browser's passkey answered; there is none where the page came from a bare address."""
    party, response = web.party(request), request.POST.get("response", "")
    return Refused(NO_PASSKEY, 0.0) if party is None or not response else use(response, party)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the browser's session."""
    web.sign_out(request)
    return HttpResponseRedirect("/sign-in")


def answered(request: HttpRequest, answer: Answer, *, token: str = "") -> HttpResponse:
    """Let in who may come in, and say to the rest what is missing."""
    match answer:
        case SignedIn():
            web.sign_in(request, answer, remember="remember" in request.POST)
            if request.POST.get("kind") == Factor.RECOVERY_CODE:
                tell_codes_left(request, security.recovery_codes_left(answer.user_id))
            return HttpResponseRedirect(_next(request))
        case NeedsSecondFactor():
            return _second_page(request, answer.token, answer.kinds)
        case Refused():
            wait(answer)
            kind = request.POST.get("kind") or (Factor.TOTP if token else "")
            error = words_of(answer, kind=kind)
            if token and not answer.start_again:
                return _second_page(request, token, signing_in.pending_factors(token), error=error)
            return _page(request, error=error)


def tell_codes_left(request: HttpRequest, left: int) -> None:
    """Say on the next page what the sheet of codes still holds, for whoever has just used one."""
    text = ngettext("%(n)s recovery code is left.", "%(n)s recovery codes are left.", left) % {"n": left}
    where = _("Make new ones in the settings.")
    messages.warning(request, f"{text} {where}" if left < FEW_CODES else text)


def wait(refused: Refused) -> None:
    """Let a refusal take its time, and keep no database connection from others meanwhile."""
    give_back()
    time.sleep(refused.pause)


def words_of(refused: Refused, *, kind: str = "") -> str:
    """Say a refusal as its reader may hear it; `kind` is the factor that was shown, if it was no password."""
    if refused.retry_after is not None:
        minutes = max(1, round(refused.retry_after / 60))
        text = ngettext(
            "Too many attempts. Try again in a minute.",
            "Too many attempts. Try again in %(n)s minutes.",
            minutes,
        )
        return text % {"n": minutes}
    if refused.start_again:
        return _("That took too long. Please start again.")
    if refused.reason == NO_PASSKEY:
        return _("This browser cannot use passkeys here, or its scripts are switched off.")
    if kind == Factor.PASSKEY:
        return _("This passkey was not accepted. Try again, or take another way.")
    if kind in {Factor.TOTP, Factor.RECOVERY_CODE}:
        return _("This code is not right, or was used already.")
    return _("Address or password is not right.")


def _page(request: HttpRequest, *, error: str = "") -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    values = {
        "error": error,
        "next": given.get("next", ""),
        "address": given.get("address", ""),
        "has_passkeys": web.party(request) is not None,
    }
    return render(request, "pages/sign_in.html", values, status=422 if error else 200)


def _second_page(
    request: HttpRequest, token: str, kinds: tuple[Factor, ...], *, error: str = ""
) -> HttpResponse:
    has_passkey = Factor.PASSKEY in kinds and web.party(request) is not None
    first = "" if has_passkey else Factor.TOTP if Factor.TOTP in kinds else Factor.RECOVERY_CODE
    values = {
        "error": error,
        "token": token,
        "next": request.POST.get("next", ""),
        "remember": "remember" in request.POST,
        "has_passkey": has_passkey,
        "has_app": Factor.TOTP in kinds,
        "has_recovery": Factor.RECOVERY_CODE in kinds,
        "shown": request.POST.get("kind") or first,
    }
    return render(request, "pages/second_step.html", values, status=422 if error else 200)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or HOME
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else HOME
