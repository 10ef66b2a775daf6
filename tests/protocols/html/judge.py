"""A judge of cleaned HTML that shares nothing with the cleaner: the standard library's parser and a short list."""

from html.parser import HTMLParser

_FORBIDDEN_WORDS = (
    "script style svg math form input button textarea select iframe object embed link meta base template frame frameset "
    "video audio source track noscript title body html head applet marquee plaintext xmp"
)
FORBIDDEN = frozenset(_FORBIDDEN_WORDS.split())
URLS = frozenset(
    {"href", "src", "action", "background", "poster", "srcset", "formaction", "data", "cite", "longdesc"}
)
SCHEMES = {"href": ("http://", "https://", "mailto:", "tel:"), "src": ("data:image/", "/mail/")}
BAD_CSS = (
    "url(",
    "var(",
    "expression",
    "position",
    "z-index",
    "@",
    "\\",
    "behavior",
    "-moz-binding",
    "javascript:",
    "/*",
)


class Judge(HTMLParser):
    """Collects what should not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self.wrong.append(tag)
        for name, value in attrs:
            value = value or ""
            if (
                name.startswith("on")
                or name in {"id", "name", "srcdoc", "xmlns", "is", "slot"}
                or ":" in name
            ):
                self.wrong.append(f"{tag} {name}")
            elif name in URLS and not value.lower().startswith(SCHEMES.get(name, ())):
                self.wrong.append(f"{tag} {name}={value[:60]!r}")
            elif name == "style" and any(bad in value.lower() for bad in BAD_CSS):
                self.wrong.append(f"{tag} style={value[:60]!r}")
        if tag == "a":
            rel = dict(attrs).get("rel") or ""
            if "noopener" not in rel or dict(attrs).get("target") != "_blank":
                self.wrong.append("a link that keeps its opener")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data[:40]!r}")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"declaration {decl[:40]!r}")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"instruction {data[:40]!r}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"declaration {data[:40]!r}")


def faults(html: str) -> list[str]:
    """Return what in a cleaned body should not be there."""
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge.wrong
