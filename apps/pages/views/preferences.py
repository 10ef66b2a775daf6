"""What a browser remembers for its reader: theme and language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.pages.context import THEME_COOKIE, THEMES

YEAR = 365 * 86400


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the language in a cookie, and go back to where the reader was."""
    back = request.headers.get("Referer", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    if (theme := request.POST.get("theme")) is not None:
        keep_theme(answer, theme)
    if language := request.POST.get("language"):
        keep_language(answer, language)
    return answer


def keep_theme(answer: HttpResponse, theme: str) -> None:
    """Let the browser remember a theme; any other word means the system's."""
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR, samesite="Lax", httponly=True)
    else:
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")


def keep_language(answer: HttpResponse, language: str) -> None:
    """Let the browser remember a language, if it is one of ours."""
    if language in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", httponly=True
        )
