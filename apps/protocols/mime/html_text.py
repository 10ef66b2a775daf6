"""The words of an HTML body, for search and preview. What comes out is text and never shown as HTML."""

import contextlib
import html
import re

# Every alternative runs to its end or to the end of the input, so that nothing is read twice.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|title|template)\b.*?(?:</\1\s*>|\Z)|<![a-z\[].*?(?:>|\Z)|<\?.*?(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_BREAK = re.compile(
    r"\s*<(?:br|/?(?:p|div|tr|li|ul|ol|h[1-6]|table|blockquote|pre|hr|dt|dd|section|article|header|footer))\b[^>]*+(?:>|\Z)\s*",
    re.IGNORECASE,
)
_CELL = re.compile(r"</?(?:td|th|img|option)\b[^>]*+(?:>|\Z)", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^>]*+(?:>|\Z)")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


def html_to_text(source: str) -> str:
    """Return the text a reader sees, blocks on lines of their own."""
    text = _UNSEEN.sub(" ", source)
    text = _SPACES.sub(" ", text.replace("\n", " "))
    text = _BREAK.sub("\n", text)
    text = _CELL.sub(" ", text)
    text = _TAG.sub("", text)
    if "&" in text:
        with contextlib.suppress(ValueError):  # A character reference with more digits than Python reads.
            text = html.unescape(text)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
