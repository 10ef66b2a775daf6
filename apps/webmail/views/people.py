"""Whom one may write to, and as whom."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.mailflow.writing import correspondents, identities
from apps.webmail import letters
from apps.webmail.access import user_id_of
from apps.webmail.answers import asked


@require_safe
@asked
def suggestions(request: HttpRequest) -> HttpResponse:
    """Suggest people whose name or address begins as `?q=`."""
    found = correspondents.suggest(
        user_id=user_id_of(request), text=request.GET.get("q", "")[:200], now=timezone.now(), limit=8
    )
    return JsonResponse({"people": [{"address": each.address, "name": each.name} for each in found]})


@require_safe
@asked
def own(request: HttpRequest) -> HttpResponse:
    """List every address the user may write as, the default first, with its signature.

    With a fresh token: a page whose reader signed in again elsewhere has one that counts no more.
    """
    return JsonResponse({"identities": own_shown(user_id_of(request)), "token": get_token(request)})


def own_shown(user_id: int) -> list[dict[str, object]]:
    """Return them as the composer takes them."""
    return [
        {
            "address": each.address,
            "name": each.name,
            "text": each.signature_text,
            "html": letters.cleaned(each.signature_html),
        }
        for each in identities.identities(user_id)
    ]
