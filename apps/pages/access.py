"""Pages for those who signed in; everybody else is asked to, and comes back to where they wanted to go."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]


def signed_in[**P](view: View[P]) -> View[P]:
    """Let a view be called by signed-in users alone."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return ask_to_sign_in(request)

    return guarded


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a page to the sign-in page; tell a fragment's page, or a script, that the session is over."""
    where = reverse("pages:sign-in")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": where})
    if "text/html" not in request.headers.get("Accept", "text/html") or request.method != "GET":
        return HttpResponse(status=401)
    return HttpResponseRedirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
