"""What every template knows: theme and version."""

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def page(request: HttpRequest) -> dict[str, object]:
    """Return the theme the reader chose (empty: the system's) and the version."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": chosen if chosen in THEMES else "", "version": settings.MAIL_VERSION}
