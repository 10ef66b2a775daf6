"""Cleaned HTML → plain text for the quote of a reply: links, lists and quotes are kept as far as text can."""

import html
import re

from .tokens import tags

_BLOCKS_WORDS = (
    "address article aside blockquote center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol p pre section summary table tr ul"
)
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_SPACES = re.compile(r"[^\S\u00a0]+")
DEEPEST = 20


class _Writer:
    """Lines, each with how deeply it is quoted."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.line = ""
        self.depth = 0
        self.preformatted = 0

    def say(self, text: str) -> None:
        if self.preformatted:
            first, *rest = text.split("\n")
            self.line += first
            for each in rest:
                self.end(is_break=True)
                self.line = each
            return
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line.endswith(" ")):
            text = text[1:]
        self.line += text

    def end(self, *, is_break: bool = False) -> None:
        if self.line.strip() or is_break:
            self.lines.append((min(self.depth, DEEPEST), self.line.rstrip()))
        self.line = ""

    def blank(self) -> None:
        if self.lines and self.lines[-1][1]:
            self.lines.append((min(self.depth, DEEPEST), ""))


def to_text(source: str) -> str:
    """Return the text of a cleaned body; quotes have `> ` in front, links their address behind."""
    writer = _Writer()
    links: list[tuple[str, int]] = []
    at = 0
    for tag in tags(source):
        writer.say(html.unescape(source[at : tag.start]))
        at = tag.end
        if tag.name == "br":
            writer.end(is_break=True)
        elif tag.name in _BLOCKS:
            writer.end()
            if tag.name in {"p", "table", "ul", "ol", "h1", "h2", "h3"} and tag.closes:
                writer.blank()
            if tag.name == "blockquote":
                writer.depth = max(0, writer.depth + (-1 if tag.closes else 1))
            elif tag.name == "pre":
                writer.preformatted = max(0, writer.preformatted + (-1 if tag.closes else 1))
            elif tag.name == "li" and not tag.closes:
                writer.line = "- "
            elif tag.name == "hr":
                writer.say("---")
                writer.end()
        elif tag.name in {"td", "th"} and tag.closes:
            writer.say(" ")
        elif tag.name == "img" and (alt := tag.attributes.get("alt", "").strip()):
            writer.say(f"[{alt}]")
        elif tag.name == "a":
            _link(writer, links, tag.attributes.get("href", ""), closes=tag.closes)
    writer.say(html.unescape(source[at:]))
    writer.end()
    return "\n".join(("> " * depth + line).rstrip() for depth, line in writer.lines).strip("\n")


def _link(writer: _Writer, links: list[tuple[str, int]], href: str, *, closes: bool) -> None:
    if not closes:
        links.append((href, len(writer.line)))
        return
    href, start = links.pop() if links else ("", 0)
    said = writer.line[start:].strip()
    if (
        href
        and said
        and href not in {said, f"mailto:{said}", f"https://{said}", f"http://{said}", f"{said}/"}
    ):
        writer.line = f"{writer.line.rstrip()} <{href}>"
