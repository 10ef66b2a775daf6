"""What a list's address and the browser's cookie ask for."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from apps.store.list_window import Filter

COOKIE = "list"
SHOWS = ("unread", "starred", "attachment")
DENSITIES = ("cosy", "compact")


@dataclass(frozen=True, slots=True)
class Taste:
    """How a browser's reader likes lists."""

    density: str = "cosy"
    grouped: bool = True
    paged: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages a list is of."""

    show: str = ""
    label: str = ""
    text: str = ""
    start: int = 0
    count: int = 100

    @property
    def is_everything(self) -> bool:
        """Whether it is the folder as it is."""
        return not (self.show or self.label or self.text)

    @property
    def filter(self) -> Filter:
        """The same for the store."""
        return Filter(
            unread=self.show == "unread",
            starred=self.show == "starred",
            attachment=self.show == "attachment",
            label=self.label,
        )


def asked(request: HttpRequest) -> Asked:
    """Read the address; what is not understood is left out."""
    given = request.GET
    show = given.get("show", "")
    return Asked(
        show if show in SHOWS else "",
        given.get("label", "")[:100],
        given.get("q", "").strip()[:2000],
        _number(given.get("start"), 0),
        _number(given.get("count"), 100),
    )


def taste(request: HttpRequest) -> Taste:
    """Read what the browser remembers: `density=compact&group=0&keys=0&paged=1`."""
    kept = QueryDict(request.COOKIES.get(COOKIE, "")[:200].replace("~", "&").replace(":", "="))
    density = kept.get("density", "")
    return Taste(
        density if density in DENSITIES else "cosy",
        kept.get("group") != "0",
        kept.get("paged") == "1",
    )


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
