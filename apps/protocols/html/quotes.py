"""What a mail quotes, found in its cleaned HTML, so that a reader sees what is new."""

import html
import re
from dataclasses import dataclass

from apps.protocols.mime.html_text import html_to_text

from .allowed import QUOTE, QUOTE_HEAD
from .tokens import VOID, Tag, tags

_AFTER = 60
"""So many characters after a quote are a greeting or a footer; more is an answer below it, and nothing is folded."""
_INTRODUCED = re.compile(
    r"(?:wrote|writes|schrieb|\u00e9crit|escribi\u00f3|scrisse|schreef|skrev|napisa\u0142\(?a?\)?)\s*:?\s*$|[\d@][^:]{0,60}:\s*$",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Folded:
    """A body in three: what is new, what it quotes, and what little comes after."""

    before: str
    quote: str
    after: str


def fold(source: str) -> Folded:
    """Find the quote that ends a cleaned body.

    Nothing is folded when the mail answers within or below it, or is nothing but a quote.
    """
    spans = _spans(source)
    if not spans:
        return Folded(source, "", "")
    # The last one alone: where nothing is above it, nothing is above any other.
    start, end = spans[-1]
    after = source[end:]
    is_below = len(html_to_text(after)) > _AFTER or _PICTURE.search(after)
    if is_below or not (html_to_text(source[:start]) or _PICTURE.search(source, 0, start)):
        return Folded(source, "", "")
    return Folded(source[:start], source[start:end], after)


def with_details(source: str, summary: str) -> str:
    """Return a body whose quote is behind a line to be opened; no script is needed for it."""
    found = fold(source)
    if not found.quote:
        return source
    said = html.escape(summary)
    return f'{found.before}<details class="mail-folded"><summary>{said}</summary>{found.quote}</details>{found.after}'


def _spans(source: str) -> list[tuple[int, int]]:
    """Return where the outermost quotes are."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[Tag, bool]] = []
    quoted = 0
    head_depth = -1
    head_start = 0
    for tag in tags(source):
        if tag.name in VOID:
            continue
        if not tag.closes:
            is_quote = not quoted and head_depth < 0 and _is_quote(source, tag)
            if not quoted and head_depth < 0 and f'class="{QUOTE_HEAD}"' in tag.raw:
                head_start, head_depth = _lifted(source, stack, tag)
            stack.append((tag, is_quote))
            quoted += is_quote
            continue
        if not stack or stack[-1][0].name != tag.name:
            return found  # Not what a serialiser writes: better nothing than a wrong cut.
        opened, is_quote = stack.pop()
        if is_quote:
            quoted -= 1
            if head_depth < 0:
                found.append((opened.start, tag.end))
        if head_depth >= 0 and len(stack) < head_depth:
            found.append((head_start, tag.start))
            head_depth = -1
    if head_depth == 0:
        found.append((head_start, len(source)))
    return found


def _lifted(source: str, stack: list[tuple[Tag, bool]], tag: Tag) -> tuple[int, int]:
    """Return where a header's quote starts, and how many elements are around it: a header alone in its box is the box."""
    start, depth = tag.start, len(stack)
    while depth and not source[stack[depth - 1][0].end : start].strip() and stack[depth - 1][0].name == "div":
        opened = stack[depth - 1][0]
        if depth == 1 and not source[: opened.start].strip():
            break
        start, depth = opened.start, depth - 1
    return start, depth


def _is_quote(source: str, tag: Tag) -> bool:
    if f'class="{QUOTE}"' in tag.raw:
        return True
    if tag.name != "blockquote":
        return False
    if 'type="cite"' in tag.raw:
        return True
    before = html_to_text(source[max(0, tag.start - 400) : tag.start].rpartition("<blockquote")[2])
    return _INTRODUCED.search(before[-80:]) is not None
