"""Plain text → HTML: links, quotes by their depth, and lines that flow (RFC 3676).

What comes out is a fixed point of cleaning, so it may be shown as it is.
"""

import html
import re

import nh3

from .allowed import QUOTE, TEXT, Attributes, options
from .links import safe_href

DEEPEST = 20
MOST_LINKS = 2000

_LINK = re.compile(
    r"(?<![\w@/.])(?:https?://[^\s<>\"'`\\]{1,2000}|www\.[^\s<>\"'`\\@]{3,500}|(?:mailto:)?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"(?:>[ ]?)*>")
_ORIGINAL = re.compile(
    r"\s*(?:-{3,}\s*(?:original message|forwarded message|urspr\u00fcngliche nachricht|message d'origine|mensaje original)"
    r"\s*-{3,}|_{20,})\s*",
    re.IGNORECASE,
)
_OPEN = f'<blockquote class="{QUOTE}">'
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_TRAILING = ".,;:!?)]}'\u2026\u201d\u2019\u00bb"


def from_text(text: str, *, flowed: bool = False, delsp: bool = False) -> str:
    """Return plain text as HTML."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    lines = _unflowed(text, delsp=delsp) if flowed else _levelled(text)
    out: list[str] = [f'<div dir="auto" class="{TEXT}">']
    depth = base = 0
    is_first = True
    links = 0
    for level, line in lines:
        if level == 0 and base == 0 and _ORIGINAL.fullmatch(line):
            base = 1
        wanted = min(level + base, DEEPEST)
        if wanted != depth:
            out.append("</blockquote>" * (depth - wanted) + _OPEN * (wanted - depth))
            depth, is_first = wanted, True
        if not is_first:
            out.append("<br>")
        is_first = False
        shown, count = _linked(line) if links < MOST_LINKS else (_escaped(line), 0)
        links += count
        out.append(shown)
    out.append("</blockquote>" * depth + "</div>")
    # Nothing in it needs cleaning, but a host that no browser takes costs a link its address.
    return nh3.clean("".join(out), **options(Attributes()))


def _levelled(text: str) -> list[tuple[int, str]]:
    """Return each line with how deeply it is quoted."""
    out = []
    for line in text.split("\n"):
        match = _QUOTED.match(line)
        if match is None:
            out.append((0, line.rstrip()))
        else:
            rest = line[match.end() :]
            out.append((match[0].count(">"), rest.removeprefix(" ").rstrip()))
    return out


def _unflowed(text: str, *, delsp: bool) -> list[tuple[int, str]]:
    """Join the lines that flow into their paragraphs (RFC 3676 4)."""
    out: list[tuple[int, list[str]]] = []
    open_level = -1
    for line in text.split("\n"):
        level = len(line) - len(line.lstrip(">"))
        content = line[level:].removeprefix(" ")
        # The line of a signature never flows.
        flows = content.endswith(" ") and content != "-- "
        piece = content[:-1] if flows and delsp else content
        if open_level == level and content != "-- ":
            out[-1][1].append(piece)
        else:
            out.append((level, [piece]))
        open_level = level if flows else -1
    return [(level, "".join(pieces).rstrip()) for level, pieces in out]


def _linked(line: str) -> tuple[str, int]:
    out, at, count = [], 0, 0
    for match in _LINK.finditer(line):
        text = _trimmed(match[0])
        lower = text.lower()
        target = text if lower.startswith(("http", "mailto:")) else f"mailto:{text}"
        if lower.startswith("www."):
            target = f"https://{text}"
        href = safe_href(target)
        if href is None or not text:
            continue
        out += [_escaped(line[at : match.start()]), _anchor(href, text)]
        at = match.start() + len(text)
        count += 1
    return "".join([*out, _escaped(line[at:])]), count


def _trimmed(url: str) -> str:
    """Take off what ends the sentence, not the address."""
    while url and url[-1] in _TRAILING and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def _anchor(href: str, text: str) -> str:
    quoted = html.escape(href, quote=False).replace('"', "&quot;")
    return f'<a href="{quoted}" target="_blank" rel="noopener noreferrer nofollow">{_escaped(text)}</a>'


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\u00a0", "&nbsp;")
