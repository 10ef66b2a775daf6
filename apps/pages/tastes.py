"""How a browser's reader likes lists of messages: kept in a cookie that scripts write, too."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict

COOKIE = "list"
YEAR = 365 * 86400
DENSITIES = ("cosy", "compact")


@dataclass(frozen=True, slots=True)
class Taste:
    """What may be liked one way or another."""

    density: str = "cosy"
    grouped: bool = True
    paged: bool = False
    keys: bool = True


def taste(request: HttpRequest) -> Taste:
    """Read what the browser remembers: `density:compact~group:0~keys:0~paged:1`."""
    kept = QueryDict(request.COOKIES.get(COOKIE, "")[:200].replace("~", "&").replace(":", "="))
    density = kept.get("density", "")
    return Taste(
        density if density in DENSITIES else "cosy",
        kept.get("group") != "0",
        kept.get("paged") == "1",
        kept.get("keys") != "0",
    )


def keep_taste(answer: HttpResponse, liked: Taste, *, is_secure: bool) -> None:
    """Let the browser remember it; scripts read it, so it is not hidden from them."""
    text = (
        f"density:{liked.density}~group:{int(liked.grouped)}~paged:{int(liked.paged)}~keys:{int(liked.keys)}"
    )
    answer.set_cookie(COOKIE, text, max_age=YEAR, samesite="Lax", secure=is_secure)
