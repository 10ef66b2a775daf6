"""Where a link of a mail leads, and whether its text says otherwise."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST_URL = 8 * 1024
LONGEST_TEXT = 300

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
# What a browser would read as a separator, a scheme of another kind or the end of an attribute is no link of ours.
_WEB = re.compile(
    r"https?://(?:[^\s\\<>\"'`/?#@]*@)?(?:[\w.%-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?(?:[/?#][^\s\\<>\"'`]*)?",
    re.IGNORECASE,
)
_OTHER = re.compile(r"(?:mailto|tel):[^\s\\<>\"'`]*", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp|avif);base64,[A-Za-z0-9+/=]*", re.IGNORECASE)
_CID = re.compile(r"cid:[^\s\\<>\"'`]{1,400}", re.IGNORECASE)
_LOOKS_LIKE_HOST = re.compile(
    r"(?:https?://)?(?:[^\s@/?#]*@)?((?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?\.){1,10}"
    r"[a-z\u00a1-\uffff]{2,24})\.?(?::\d{1,5})?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_HAS_SCHEME = re.compile(r"https?://\S", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A link whose text names one host and which leads to another."""

    text: str
    text_host: str
    href: str
    host: str


def safe_href(value: str) -> str | None:
    """Return an address a click may open, or None."""
    value = _CONTROLS.sub("", value).strip()
    if value.startswith("//"):
        value = "https:" + value
    value = value.replace(" ", "%20").replace("'", "%27").replace("`", "%60")
    if len(value) > LONGEST_URL:
        return None
    if _WEB.fullmatch(value):
        return value if host_of(value) else None
    return value if _OTHER.fullmatch(value) else None


def safe_source(value: str) -> str | None:
    """Return an address an image may have in a mail (http, https, cid or an image in data:), or None."""
    value = _CONTROLS.sub("", value).strip()
    if value[:5].lower() == "data:":
        return value if _DATA_IMAGE.fullmatch(value) else None
    if value[:4].lower() == "cid:":
        return value if _CID.fullmatch(value) else None
    href = safe_href(value)
    return href if href is not None and _WEB.fullmatch(href) else None


def host_of(url: str) -> str:
    """Return the host a browser would ask, in lower case, or ''."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def mismatch(text: str, href: str) -> Mismatch | None:
    """Compare what a link says with where it leads; None unless both are hosts and not the same."""
    text = " ".join(text.split())
    # A word with a dot is a host only when it says so, or when it is all the text there is.
    found = _LOOKS_LIKE_HOST.fullmatch(text[:LONGEST_TEXT])
    if found is None and _HAS_SCHEME.match(text):
        found = _LOOKS_LIKE_HOST.match(text[:LONGEST_TEXT])
    host = host_of(href)
    if found is None or not host or "@" in text.partition("/")[0]:
        return None
    said = found[1].lower().rstrip(".")
    if _related(_ascii(said), _ascii(host)):
        return None
    return Mismatch(text[:LONGEST_TEXT], said, href, host)


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _related(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith("." + other) or other.endswith("." + one)
