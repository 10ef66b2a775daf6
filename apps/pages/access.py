"""Pages for those who signed in; everybody else is asked to, and comes back to where they wanted to go."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .views.errors import signed_out

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
    """Send a page to the sign-in page and back; tell a script, or whoever sends a form, that the session is over."""
    where = reverse("pages:sign-in")
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        here = f"?{urlencode({'next': page._replace(scheme='', netloc='').geturl()})}" if page.path else ""
        return HttpResponse(status=401, headers={"HX-Redirect": f"{where}{here}"})
    accepts = request.headers.get("Accept", "")
    if request.method == "GET" and "text/html" in (accepts or "text/html"):
        return HttpResponseRedirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
    if request.method == "POST" and "text/html" in accepts:
        return signed_out(request)
    return HttpResponse(status=401)
