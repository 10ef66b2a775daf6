"""The elements and attributes of a mail that may be shown. What is not here does not reach the reader."""

import re
from typing import Any

from .links import safe_href, safe_source
from .styles import safe_style

_TAGS_WORDS = """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del
    details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark
    nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead
    time tr tt u ul var wbr
    """
TAGS = frozenset(_TAGS_WORDS.split())
_DROPPED_WHOLE_WORDS = """
    script style svg math template title head textarea select object applet noscript iframe frameset noframes noembed
    xmp plaintext audio video canvas datalist
    """
DROPPED_WHOLE = frozenset(_DROPPED_WHOLE_WORDS.split()) - {"head", "plaintext"}
SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid", "data"})

_BOX = frozenset({"align", "valign", "width", "height", "bgcolor", "nowrap"})
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "class"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "align", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {
        "align",
        "width",
        "height",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "rules",
        "summary",
    },
    "td": {*_BOX, "colspan", "rowspan"},
    "th": {*_BOX, "colspan", "rowspan", "scope"},
    "tr": {"align", "valign", "bgcolor", "height"},
    "tbody": {"align", "valign"},
    "thead": {"align", "valign"},
    "tfoot": {"align", "valign"},
    "col": {"align", "width", "span"},
    "colgroup": {"align", "width", "span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "blockquote": {"type"},
    "hr": {"align", "width", "size", "color", "noshade"},
    **{name: {"align"} for name in ("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "center")},
}

QUOTE, QUOTE_HEAD, BLOCKED, TEXT = "mail-quote", "mail-quote-head", "mail-blocked", "mail-text"
OURS = frozenset({QUOTE, QUOTE_HEAD, BLOCKED, TEXT})
# What programs call what they quote, and the line or header above it.
_QUOTES_WORDS = (
    "gmail_quote yahoo_quoted protonmail_quote tutanota_quote moz-cite zmail_extra skiff_quote hmail_quote"
)
_QUOTES = frozenset(_QUOTES_WORDS.split())
_HEADS = frozenset({"OutlookMessageHeader", "divRplyFwdMsg"})
_OUTLOOK_RULE = re.compile(r"border-top:\s*solid #(?:e1e1e1|b5c4df) 1\.0pt", re.IGNORECASE)
_SIZE = re.compile(r"\d{1,4}(?:\.\d{1,3})?(?:%|px)?", re.ASCII)
_COLOUR = re.compile(r"#?[0-9a-z]{1,30}", re.IGNORECASE | re.ASCII)
_WORDS = re.compile(r"[\w ,'.+-]{1,200}")
_SIZED = frozenset({"width", "height", "border", "cellpadding", "cellspacing", "hspace", "vspace", "colspan", "rowspan",
                    "span", "start", "value", "size"})  # fmt: skip
_COLOURED = frozenset({"bgcolor", "color"})


class Attributes:
    """Decides on each attribute of one document; addresses that we made ourselves in it are `issued`."""

    def __init__(self) -> None:
        self.issued: set[str] = set()

    def __call__(self, tag: str, name: str, value: str) -> str | None:
        """Return what an attribute becomes, or None to drop it."""
        if name == "style":
            return safe_style(value) or None
        if name == "class":
            return _class(value)
        if name == "href":
            return safe_href(value)
        if name == "src":
            return value if value in self.issued else safe_source(value)
        if name == "dir":
            return value.lower() if value.lower() in {"ltr", "rtl", "auto"} else None
        if name == "type" and tag == "blockquote":
            return "cite" if value.lower() == "cite" else None
        if name in _SIZED:
            return value if _SIZE.fullmatch(value.strip()) or re.fullmatch(r"[+-]\d", value) else None
        if name in _COLOURED:
            return value if _COLOUR.fullmatch(value) else None
        if name in {"alt", "summary"}:
            return value[:1000]
        return value if _WORDS.fullmatch(value) or not value else None


def _class(value: str) -> str | None:
    """Return our own words for the classes by which programs mark what they quote; no other class is kept."""
    names = value.split()[:50]
    if any(name in _QUOTES or name.startswith("gmail_quote") for name in names):
        return QUOTE
    if any(name in _HEADS for name in names):
        return QUOTE_HEAD
    return next((name for name in names if name in OURS), None)


def marked(source: str) -> str:
    """Give what Outlook puts above a quote a class, as other programs do."""
    source = _OUTLOOK_ID.sub(rf'<\1 class="{QUOTE_HEAD}"', source)
    return _OUTLOOK_DIV.sub(_mark_rule, source)


_OUTLOOK_ID = re.compile(r"<(div)\s+id=[\"']?divRplyFwdMsg[\"']?", re.IGNORECASE)
_OUTLOOK_DIV = re.compile(
    r"<div style=([\"'])([^\"'<>]{0,300})\1\s*>(?=\s*<p\b[^>]{0,200}>\s*(?:<span\b[^>]{0,200}>\s*)?<b>)",
    re.IGNORECASE,
)


def _mark_rule(match: re.Match[str]) -> str:
    if not _OUTLOOK_RULE.search(match[2].replace("windowtext", "")):
        return match[0]
    return f'<div class="{QUOTE_HEAD}" style="{match[2]}">'


def options(attributes: Attributes) -> dict[str, Any]:
    """Return what nh3 is told."""
    return {
        "tags": set(TAGS),
        "clean_content_tags": set(DROPPED_WHOLE),
        "attributes": ATTRIBUTES,
        "attribute_filter": attributes,
        "link_rel": "noopener noreferrer nofollow",
        "set_tag_attribute_values": {"a": {"target": "_blank"}},
        "url_schemes": set(SCHEMES),
        "strip_comments": True,
    }
