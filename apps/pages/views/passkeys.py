"""Signing in by a passkey: what is to be signed, and the answer; alone, or after the password."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.accounts import signing_in, web
from apps.accounts.authentication import Refused, SignedIn
from apps.accounts.passkeys import Party
from apps.pages.views.sign_in import answered, passkey_answer


def options_of(options: str | None) -> HttpResponse:
    """Send what `navigator.credentials` is given; None means that whoever asks has waited too long."""
    if options is None:
        return JsonResponse({"detail": _("That took too long. Please start again.")}, status=410)
    return HttpResponse(options, content_type="application/json")


def no_party() -> HttpResponse:
    """Say that browsers have no passkeys for a page without a name."""
    return JsonResponse(
        {"detail": _("Passkeys do not work at this address. Open the page by its usual name.")}, status=409
    )


@never_cache
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """Say what a passkey is to sign, before anybody said who they are."""
    party = web.party(request)
    return no_party() if party is None else options_of(signing_in.passkey_options(party=party))


@never_cache
@require_POST
def second_step_options(request: HttpRequest) -> HttpResponse:
    """Say what a passkey is to sign after the password."""
    party, token = web.party(request), request.POST.get("token", "")[:200]
    return no_party() if party is None else options_of(signing_in.second_factor_options(token, party=party))


@never_cache
@sensitive_post_parameters("password", "response")
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let in by a passkey alone."""
    peer, client = web.peer_of(request), web.client_of(request)

    def use(response: str, party: Party) -> SignedIn | Refused:
        return signing_in.sign_in_with_passkey(response, party=party, peer=peer, client=client)

    return answered(request, passkey_answer(request, use))
