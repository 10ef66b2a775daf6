"""HTML that a user wrote → the plain text that goes with it: quotes, lists and links stay what they are."""

from html.parser import HTMLParser

_SKIPPED = frozenset({"script", "style", "title", "template", "head"})
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "blockquote",
        "pre",
        "section",
        "article",
        "header",
        "footer",
    }
    | {"h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "hr"}
)
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "table"})


def plain_text(html: str) -> str:
    """Return the text of HTML, `> ` before what is quoted, `- ` before items, addresses after links."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    """Collects lines; each knows how deeply it is quoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, str]] = []
        self.line = ""
        self.depth = 0
        self.skipping: list[str] = []
        self.preformatted = 0
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        if tag in _SKIPPED:
            self.skipping.append(tag)
        elif tag == "br":
            self.end_line()
        elif tag == "img":
            self.line += dict(attrs).get("alt") or ""
        elif tag == "a":
            self.links.append((dict(attrs).get("href") or "", len(self.line)))
        elif tag in ("td", "th") and self.line:
            self.line += " "
        if tag in _BLOCKS:
            self.begin_block(tag)

    def begin_block(self, tag: str) -> None:
        """Begin a block on a line of its own."""
        if self.line.strip():
            self.end_line()
        if tag in _APART:
            self.blank()
        if tag == "blockquote":
            self.depth += 1
        elif tag == "li":
            self.line = "- "
        elif tag == "hr":
            self.lines.append((self.depth, "-" * 20))
        elif tag == "pre":
            self.preformatted += 1

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        if self.skipping:
            if tag == self.skipping[-1]:
                self.skipping.pop()
            return
        if tag == "a" and self.links:
            href, start = self.links.pop()
            shown = self.line[start:].strip() if start <= len(self.line) else ""
            if (
                href.startswith(("http://", "https://"))
                and href.rstrip("/") not in shown
                and shown not in href
            ):
                self.line += f" <{href}>"
            elif href and not shown and href.startswith("http"):
                self.line += href
        if tag in _BLOCKS:
            if self.line.strip():
                self.end_line()
            if tag == "blockquote":
                self.depth = max(0, self.depth - 1)
            elif tag == "pre":
                self.preformatted = max(0, self.preformatted - 1)
            if tag in _APART:
                self.blank()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self.skipping:
            return
        if self.preformatted:
            first, *rest = data.replace("\r\n", "\n").split("\n")
            self.line += first
            for line in rest:
                self.end_line()
                self.line = line
            return
        words = " ".join(data.split())
        if not words:
            if self.line and not self.line.endswith(" ") and data:
                self.line += " "
            return
        before = " " if data[0].isspace() and self.line and not self.line.endswith(" ") else ""
        self.line += before + words + (" " if data[-1].isspace() else "")

    def end_line(self) -> None:
        """Keep the line; it may be empty."""
        self.lines.append((self.depth, self.line.rstrip()))
        self.line = ""

    def blank(self) -> None:
        """Leave a blank line, unless there is one."""
        if self.lines and self.lines[-1][1]:
            self.lines.append((self.depth, ""))
        elif self.lines:
            self.lines[-1] = (min(self.depth, self.lines[-1][0]), "")

    def finish(self) -> str:
        """Return the whole."""
        if self.line.strip():
            self.end_line()
        while self.lines and not self.lines[-1][1]:
            self.lines.pop()
        return "".join(
            (">" * depth + (" " + line if line else "") if depth else line) + "\n"
            for depth, line in self.lines
        )
