"""Pages for what went wrong: what it was, and what to do."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not for this reader; which of the two is not told."""
    return _error(request, 404, _("Nothing is here"), _("The page does not exist, or you may not see it."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: there, but not allowed."""
    return _error(
        request, 403, _("You may not do this"), _("Your role does not allow it. Ask an administrator.")
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was not ours, or too old; what came from a page of ours can be sent again."""
    if again := _sent(request):
        text = _("You signed in anew since this page was loaded. Nothing was changed yet.")
        return _error(request, 403, _("Send it again?"), text, again=again)
    text = _(
        "The page you sent was too old, or cookies are switched off. Load it again and repeat what you did."
    )
    return _error(request, 403, _("Please try again"), text)


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: a form whose sender is signed in no more; what was written is kept on the page."""
    if again := _sent(request):
        text = _("Nothing was changed. Sign in in another tab, then come back here and send it again.")
    else:
        text = _("Nothing was changed. Sign in, and do it again.")
    return _error(request, 401, _("You are signed out"), text, again=again, sign_in=True)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: not a request we understand."""
    return _error(request, 400, _("This was not understood"), _("The browser sent something we cannot read."))


def too_slow(request: HttpRequest) -> HttpResponse:
    """503: a search that was given up."""
    text = _("There is too much to look through. Choose a shorter time, or write a whole address.")
    return _error(request, 503, _("This took too long"), text)


def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault; nothing of the reason is told."""
    text = _("This is our fault and has been written down. Nothing was changed. Try again in a moment.")
    return _error(request, 500, _("Something broke"), text)


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a page of ours sent, to be sent again by a press; no files, and no secrets, which stay unwritten.

    A page elsewhere could have somebody press for it, so what does not name ours as its origin is not offered.
    """
    origin = request.headers.get("Origin")
    if not origin or origin != f"{request.scheme}://{request.get_host()}" or request.FILES:
        return []
    secret = ("csrfmiddlewaretoken", "password", "code", "secret")
    return [
        (name, value)
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in secret)
        for value in values
    ]


def _error(request: HttpRequest, status: int, title: str, text: str, **more: Any) -> HttpResponse:
    name = "errors/_fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    return render(request, name, {"status": status, "title": title, "text": text, **more}, status=status)
