"""HTML as a reader sees it: visible text, hidden text, links, pictures. One pass over its tags; nothing is built.

Tags are read as a browser reads them; which element a text is in is told by a stack that forgives as browsers do,
roughly: it decides about colours and what is hidden, never about anything dangerous.
"""

import contextlib
import html
import re

from apps.protocols.html.cost import RAW, TOKEN

from .sheets import Sheet, merged
from .state import START, State
from .styles import NOTHING, Style, colour_of
from .styles import declared as declared_style
from .values import HtmlFacts, Limits, Link

CUT_TAGS = "the HTML has more tags than are read"
CUT_TEXT = "the text is longer than is read"
CUT_HIDDEN = "the hidden text is longer than is read"
CUT_LINKS = "there are more links than are read"

LONGEST_URL = 4096
LONGEST_LINK_TEXT = 500
LONGEST_TAG = 20_000
WITHIN = 40
"""So far up a stack is looked for what an end tag closes."""
DEEPEST = 1000

_ATTRIBUTE = re.compile(
    "([^\t\n\f\r />=][^\t\n\f\r />=]*+)(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\t\n\f\r >]*+)))?+"
)
_IN_URL = re.compile(r"[\t\n\r]+")
_TOO_LONG = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
_AROUND_URL = "".join(map(chr, range(33)))
_REFRESH = re.compile(r"[\d.\s]*[;,]?\s*(?:url\s*=)?\s*[\"']?(.*?)[\"']?\s*\Z", re.IGNORECASE | re.DOTALL)
_DOT = re.compile(r"\s*[0-3](?:px)?\s*\Z")

_VOID_WORDS = "area base br col embed hr img input keygen link meta param source track wbr image"
_VOID = frozenset(_VOID_WORDS.split())
_BLOCKS_WORDS = (
    "address article aside blockquote body br center dd details div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr html li main nav ol option p pre section summary table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_CELLS = frozenset({"td", "th"})
_SCOPES = frozenset({"td", "th", "caption", "table"})
"""What an end tag of something outside does not close."""
_TABLE = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "caption", "table", "body", "html"})
_CLOSED_BY = {"li": frozenset({"ul", "ol"}), "td": frozenset({"tr", "table"}), "th": frozenset({"tr", "table"}),
              "tr": frozenset({"table", "tbody", "thead", "tfoot"})}  # fmt: skip


class Walker:
    """Reads the HTML documents of one message, within limits that they share."""

    def __init__(self, limits: Limits, doubts: dict[str, None]) -> None:
        self.limits = limits
        self.doubts = doubts
        self.facts = HtmlFacts()
        self.links: list[Link] = []
        self.images: list[Link] = []
        self._tags = limits.tags

    def read(self, source: str, *, where: str = "html") -> tuple[str, str]:
        """Read one document; return its visible and its hidden text."""
        document = _Document(self, where)
        self._tags = document.read(source, self._tags)
        return tidy("".join(document.seen)), tidy("".join(document.unseen))

    def link(self, link: Link) -> None:
        """Keep a link, if there are not too many."""
        kept = self.images if link.where == "image" else self.links
        if len(kept) < (self.limits.images if link.where == "image" else self.limits.links):
            kept.append(link)
        else:
            self.doubts[CUT_LINKS] = None


class _Document:
    """One document."""

    def __init__(self, walker: Walker, where: str) -> None:
        self.walker = walker
        self.facts = walker.facts
        self.where = where
        self.seen: list[str] = []
        self.unseen: list[str] = []
        self.sheet = Sheet()
        self.stack: list[tuple[str, State]] = []
        self.too_deep = 0
        self.state = START
        self.href: str | None = None
        self.link_start = 0
        self.link_has_image = False
        self.attributes: dict[str, dict[str, str]] = {}
        self.styles: dict[tuple[str, str], Style] = {}

    def read(self, source: str, tags: int) -> int:
        """Read it with so many tags at most; return how many are left."""
        facts, search = self.facts, TOKEN.search
        facts.documents += 1
        source = source.replace("\r", " ").replace("\n", " ")
        at, end = 0, len(source)
        is_after_hidden = False
        room, hidden_room = self.walker.limits.text, self.walker.limits.hidden
        while room > 0:
            token = search(source, at)
            start = end if token is None else token.start()
            if start > at:
                state = self.state
                if not state.why:
                    if is_after_hidden:
                        is_after_hidden = False
                        facts.split_words += source[at].isalpha() and self._ends_in_letter()
                    if start - at > room:
                        self.walker.doubts[CUT_TEXT] = None
                    self.seen.append(source[at : min(start, at + room)])
                    room -= start - at
                    if state.is_faint:
                        facts.faint += len(source[at:start].strip())
                elif said := source[at : min(start, at + 20_000)].strip():
                    facts.hidden[state.why] += len(said)
                    is_after_hidden = True
                    if hidden_room > 0:
                        self.unseen.append(source[at : min(start, at + hidden_room)] + " ")
                        hidden_room -= start - at
                    else:
                        self.walker.doubts[CUT_HIDDEN] = None
            if token is None:
                break
            at = token.end()
            name = token[2]
            tags -= 1
            if tags < 0:
                self.walker.doubts[CUT_TAGS] = None
                break
            if name is None:
                self._comment(source, start, at)
                continue
            name = name.lower()
            if token[1]:
                self._end(name)
                continue
            raw = source[token.end(2) : at - 1]
            if (closing := RAW.get(name)) is not None:
                found = closing.search(source, at)
                inside, at = at, end if found is None else found.start()
                self._raw(name, raw, source[inside:at])
                continue
            self._begin(name, raw)
        self._close_link()
        facts.tags = self.walker.limits.tags - max(tags, 0)
        return tags

    def _ends_in_letter(self) -> bool:
        return bool(self.seen) and self.seen[-1][-1:].isalpha()

    def _comment(self, source: str, start: int, end: int) -> None:
        self.facts.comments += 1
        if start > 0 and end < len(source) and source[start - 1].isalpha() and source[end].isalpha():
            self.facts.split_words += 1

    def _raw(self, name: str, raw: str, inside: str) -> None:
        """An element whose content is no HTML."""
        facts = self.facts
        if name == "style":
            self.sheet.add(inside)
            self.styles.clear()
        elif name == "script":
            facts.scripts += 1
        elif name == "title":
            facts.title = facts.title or tidy(inside[:1000])[:300]
        elif name == "iframe":
            facts.frames += 1
            self._link(self._parsed(raw).get("src", ""), "frame")
        elif name == "textarea":
            facts.inputs += 1

    def _parsed(self, raw: str) -> dict[str, str]:
        found = self.attributes.get(raw)
        if found is None:
            found = {}
            for name, double, single, bare in _ATTRIBUTE.findall(raw[:LONGEST_TAG]):
                value = double or single or bare
                found.setdefault(name.lower(), decoded(value) if "&" in value else value)
            self.facts.handlers += sum(1 for name in found if name[:2] == "on" and len(name) > 3)
            self.attributes[raw] = found
        return found

    def _begin(self, name: str, raw: str) -> None:
        """A start tag."""
        if name in _BLOCKS:
            self.seen.append("\n")
        elif name in _CELLS:
            self.seen.append(" ")
        attributes = self._parsed(raw) if len(raw) > 1 else {}
        stack = self.stack
        if name in _CLOSED_BY:
            self._close_like(name)
        elif name == "p" and stack and stack[-1][0] == "p":
            stack.pop()
            self.state = stack[-1][1] if stack else START
        state = self.state
        if attributes or self.sheet.rules:
            style = self.styles.get((name, raw))
            if style is None:
                style = self.styles[name, raw] = self._style(name, attributes)
            if style is not NOTHING:
                state = state.within(style)
        if name == "a":
            self._close_link()
            if (href := attributes.get("href")) is not None:
                self.href, self.link_start, self.link_has_image = href, len(self.seen), False
        elif name in _MEANING:
            self._meaning(name, attributes, state)
        if name in _VOID:
            return
        if name == "template":
            state = State("display", state.size, state.colour, state.background, visible=True)
        if len(stack) >= DEEPEST:
            self.too_deep += 1
            return
        stack.append((name, state))
        self.state = state

    def _style(self, name: str, attributes: dict[str, str]) -> Style:
        style = NOTHING
        if self.sheet.is_telling:
            style = self.sheet.of(name, attributes.get("class", ""), attributes.get("id", ""))
        if (background := attributes.get("bgcolor")) is not None:
            style = merged(style, Style(background=colour_of(background) or ""))
        if "background" in attributes:
            style = merged(style, Style(background=""))
        if name in {"font", "body"}:
            colour = attributes.get("color" if name == "font" else "text")
            if colour is not None:
                style = merged(style, Style(colour=colour_of(colour)))
        if "hidden" in attributes:
            style = merged(style, Style(gone="display"))
        text = attributes.get("style")
        style = merged(style, declared_style(text)) if text else style
        return style if style != NOTHING else NOTHING

    def _close_like(self, name: str) -> None:
        """What a new item or cell closes: the one before it, if nobody did."""
        stack, outside = self.stack, _CLOSED_BY[name]
        for back in range(1, min(len(stack), WITHIN) + 1):
            opened = stack[-back][0]
            if opened in outside:
                del stack[len(stack) - back + 1 :]
                break
            if opened == name:
                del stack[len(stack) - back :]
                break
        self.state = stack[-1][1] if stack else START

    def _end(self, name: str) -> None:
        """An end tag."""
        if name in _BLOCKS:
            self.seen.append("\n")
        elif name in _CELLS:
            self.seen.append(" ")
        elif name == "a":
            self._close_link()
        stack = self.stack
        if self.too_deep:
            self.too_deep -= 1
            return
        for back in range(1, min(len(stack), WITHIN) + 1):
            opened = stack[-back][0]
            if opened == name:
                del stack[len(stack) - back :]
                self.state = stack[-1][1] if stack else START
                return
            if opened in _SCOPES and name not in _TABLE:
                return

    def _close_link(self) -> None:
        if self.href is None:
            return
        text = decoded("".join(self.seen[self.link_start : self.link_start + 200])[:2000])
        href, self.href = self.href, None
        self._link(href, "html", " ".join(text.split())[:LONGEST_LINK_TEXT], has_image=self.link_has_image)

    def _link(self, href: str, where: str, text: str = "", *, has_image: bool = False) -> None:
        href = _IN_URL.sub("", href[: 2 * LONGEST_URL]).strip(_AROUND_URL)[:LONGEST_URL]
        if href and not (href.startswith("#") and where == "html"):
            shown = where if self.where == "html" or where == "image" else self.where
            self.walker.link(Link(href, text, shown, has_image=has_image))

    def _meaning(self, name: str, attributes: dict[str, str], state: State) -> None:
        """A tag that does something."""
        facts = self.facts
        match name:
            case "img" | "image":
                self.link_has_image = True
                alt = attributes.get("alt", "")
                if (
                    _DOT.match(attributes.get("width", "x"))
                    or _DOT.match(attributes.get("height", "x"))
                    or state.gone
                ):
                    facts.tiny_images += 1
                self._link(attributes.get("src", ""), "image", " ".join(alt.split())[:LONGEST_LINK_TEXT])
            case "area":
                self._link(attributes.get("href", ""), "html")
            case "form":
                facts.forms += 1
                self._link(attributes.get("action", ""), "form")
            case "input" | "select":
                kind = attributes.get("type", "").strip().lower()
                facts.inputs += kind != "hidden"
                facts.passwords += kind == "password"
            case "meta":
                if attributes.get("http-equiv", "").strip().lower() == "refresh":
                    facts.refreshes += 1
                    found = _REFRESH.match(attributes.get("content", "")[:LONGEST_URL])
                    self._link(found[1] if found else "", "refresh")
            case "base":
                if href := attributes.get("href", "").strip():
                    facts.bases = (*facts.bases[:4], href[:LONGEST_URL])
            case "body":
                pass
            case _:
                facts.frames += 1
                self._link(attributes.get("src") or attributes.get("data") or "", "frame")


_MEANING = frozenset(
    {"img", "image", "area", "form", "input", "select", "meta", "base", "embed", "object", "applet"}
)


def decoded(text: str) -> str:
    """Return text with its character references decoded."""
    if "&" not in text:
        return text
    with contextlib.suppress(ValueError):  # A reference with more digits than Python reads.
        return html.unescape(text)
    return html.unescape(_TOO_LONG.sub("\ufffd", text))


def tidy(text: str) -> str:
    """Return text as it is seen: references decoded, runs of blanks one blank, no empty lines."""
    lines = [" ".join(line.split()) for line in decoded(text).split("\n")]
    return "\n".join([line for line in lines if line])
