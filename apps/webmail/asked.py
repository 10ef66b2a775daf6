"""What a list's address asks for."""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.store.list_window import Filter

SHOWS = ("unread", "starred", "attachment")


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


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
