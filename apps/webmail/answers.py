"""What every JSON address of the webmail shares: who asks, what was sent, and refusals with a sentence and a code."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from apps.organisations.errors import NotFoundError
from apps.pages.access import signed_in

from .letters import BadLetterError

MOST_BYTES = 16 * 1024 * 1024

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def asked[**P](view: View[P]) -> View[P]:
    """Let signed-in users ask; what is not theirs is not there, and what cannot be read is refused in words."""

    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except BadLetterError:
            return refused(400, "bad_request", _("The browser sent something we cannot read."))
        except (NotFoundError, Http404):
            return refused(404, "not_found", _("It is not there any more, or you may not see it."))

    return guarded


def refused(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """Return a refusal: a sentence for people, a code for the script."""
    return JsonResponse({"detail": detail, "code": code} | more, status=status)


def sent(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of the request."""
    data = request.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadLetterError
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        raise BadLetterError from None
    if not isinstance(found, dict):
        raise BadLetterError
    return found


def number(given: dict[str, Any], key: str) -> int:
    """Return a whole number of the request's."""
    found = given.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 2**63:
        raise BadLetterError
    return found
