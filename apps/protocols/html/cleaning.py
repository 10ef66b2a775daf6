"""Hostile HTML → HTML that is safe to show in a frame without scripts, and what a reader should know about it.

The order: bounds (before everything is parsed, and again), `<style>` into attributes (only rules we wrote anew from what we understood), allow-list, then
images and links by our own rewriting, until cleaning what came out changes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import css_inline
import nh3

from apps.protocols.mime.html_text import html_to_text

from . import cost
from .allowed import BLOCKED, Attributes, marked, options
from .links import Mismatch, mismatch
from .plain import from_text
from .styles import Sheet, read_sheet, scheme_of
from .tokens import Tag, tags, written

PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent dot: what stands where a picture is not shown."""

TEXT_LIMIT = 150_000
INLINED_LIMIT = 6 * 1024 * 1024
GROWN_LIMIT, GROWTH = 1024 * 1024, 8
STYLE_WORK = 5_000_000
HEAD = 64 * 1024
MOST_IMAGES = 2000
MOST_MISMATCHES = 50
PASSES = 4
FAILED, UNSTABLE = "failed", "unstable"

type Rewrite = Callable[[str], str | None]


class _TooMuchError(Exception):
    """Reading it would cost too much; says why."""


@dataclass(frozen=True, slots=True)
class CleanBody:
    """A body that may be shown, and the facts for the banners above it."""

    html: str
    remote_images: int = 0
    """Pictures that would be fetched from elsewhere; hidden ones are counted in `trackers`, too."""
    trackers: int = 0
    mismatches: tuple[Mismatch, ...] = ()
    has_form: bool = False
    color_scheme: str = ""
    """'', 'light', 'dark' or 'light dark', as the mail declares."""
    direction: str = ""
    """'ltr' or 'rtl' where the mail says so for all of it."""
    fallback: str = ""
    """Why it is shown as text: too long, too many tags, too deep, too costly, unstable or failed; '' when it is not."""


_HEAD_META = re.compile(r"<meta\b[^>]{0,500}>", re.IGNORECASE)
_META_SCHEME = re.compile(r"name\s*=\s*[\"']?(?:supported-)?color-schemes?\b", re.IGNORECASE)
_CONTENT = re.compile(r"content\s*=\s*[\"']([^\"']{1,60})", re.IGNORECASE)
_DIRECTION = re.compile(r"<(?:html|body)\b[^<>]{0,1000}?\sdir\s*=\s*[\"']?(ltr|rtl)\b", re.IGNORECASE)
_FORM = re.compile(r"<(?:form|input|textarea|select|button)\b", re.IGNORECASE)
# Every alternative runs to its end or to the end of the input, so that nothing is read twice.
_STYLE = re.compile(
    r"<style\b[^>]*+(?:>|\Z)(.*?)(?:</style(?![a-z])[^>]*+(?:>|\Z)|\Z)", re.DOTALL | re.IGNORECASE
)
_BODY = re.compile(r"<body(?=[\s>])", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z]")
_HIDDEN = re.compile(
    r"display:none|visibility:hidden|(?<![\w-])(?:max-)?(?:width|height):[01](?:px)?(?:;|$)|opacity:0(?:;|$)"
)
_TRACKS = re.compile(
    r"/(?:wf/)?open(?:\.aspx|\.php)?[/?]|/track(?:ing)?/open|[/.]pixel[/.?]|/beacon[/.?]|/o\.gif|/e/o/",
    re.IGNORECASE,
)


def no_image(_url: str) -> str | None:
    """Show no picture."""
    return None


def clean(
    source: str, *, cid: Rewrite = no_image, image: Rewrite = no_image, dark: bool = False
) -> CleanBody:
    """Clean a body. Never raises: what cannot be shown as HTML is shown as its text, with the reason.

    `cid` gives the address of a part by its Content-ID, `image` that of a picture from elsewhere; None blocks it.
    With `dark`, rules that the mail has for dark windows count.
    """
    if "\0" in source:
        source = source.replace("\0", "")
    try:
        source = cost.untangled(source.encode("utf-8", "replace").decode("utf-8"))
        if not (reason := cost.too_much(source)):
            return _clean(source, cid, image, dark=dark)
    except _TooMuchError as error:
        reason = str(error)
    except Exception:  # noqa: BLE001 - a reader gets the text, whatever the libraries made of the mail.
        reason = FAILED
    return as_text(source, reason)


def as_text(source: str, reason: str) -> CleanBody:
    """Show a document as its words."""
    try:
        text = html_to_text(source[: 4 * cost.LONGEST])
    except Exception:  # noqa: BLE001
        text = ""
    return CleanBody(from_text(text[:TEXT_LIMIT]), has_form=bool(_FORM.search(source)), fallback=reason)


def _clean(source: str, cid: Rewrite, image: Rewrite, *, dark: bool) -> CleanBody:
    facts, sheet = _facts(source, dark=dark)
    plain = _inlined(_affordable(_STYLE.sub(" ", marked(source))), sheet)
    plain = _BODY_END.sub("", _BODY.sub("<div", plain, count=1))
    attributes = Attributes()
    told = options(attributes)
    html = nh3.clean(_affordable(plain), **told)
    if len(html) > max(GROWN_LIMIT, GROWTH * len(plain)):
        raise _TooMuchError(cost.TOO_COSTLY)
    seen = _Pictures(cid, image, attributes.issued)
    html = seen.rewritten(html)
    # A tree builder may read what a serialiser wrote as something else; what is shown must be what was judged.
    for _ in range(PASSES):
        again = nh3.clean(_affordable(html), **told)
        if again == html:
            return replace(
                facts,
                html=html,
                remote_images=seen.remote,
                trackers=seen.trackers,
                mismatches=tuple(_mismatches(html)),
            )
        html = seen.rewritten(again)
    return as_text(source, UNSTABLE)


def _affordable(source: str) -> str:
    """Return what may be read; what came out of a tree is another document, and may cost what the first did not."""
    if reason := cost.too_tangled(source):
        raise _TooMuchError(reason)
    return source


def _facts(source: str, *, dark: bool) -> tuple[CleanBody, Sheet]:
    css = "\n".join(match[1] for match in _STYLE.finditer(source))
    sheet = read_sheet(css, dark=dark)
    scheme = sheet.color_scheme
    for meta in _HEAD_META.findall(source[:HEAD]):
        if _META_SCHEME.search(meta) and (content := _CONTENT.search(meta)):
            scheme = scheme_of(content[1])
            break
    direction = _DIRECTION.search(source, 0, HEAD)
    return (
        CleanBody(
            "",
            has_form=bool(_FORM.search(source)),
            color_scheme=scheme,
            direction=direction[1].lower() if direction else "",
        ),
        sheet,
    )


def _inlined(source: str, sheet: Sheet) -> str:
    """Write the rules into the elements they choose; not at all where that would be too much."""
    elements = len(_ANY_TAG.findall(source))
    if not sheet.rules or sheet.rules * elements > STYLE_WORK or len(sheet.css) * elements > 20 * STYLE_WORK:
        return source
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=False, load_remote_stylesheets=False, extra_css=sheet.css
    )
    try:
        inlined = inliner.inline(source)
    except (ValueError, css_inline.InlineError):
        return source
    return inlined if len(inlined) <= INLINED_LIMIT else source


class _Pictures:
    """Gives every picture the address it is shown from, and counts."""

    def __init__(self, cid: Rewrite, image: Rewrite, issued: set[str]) -> None:
        self.cid, self.image, self.issued = cid, image, issued
        self.remote = self.trackers = 0

    def rewritten(self, source: str) -> str:
        out, at = [], 0
        for tag in tags(source):
            if tag.name == "img":
                out += [source[at : tag.start], self._picture(tag)]
                at = tag.end
        return "".join([*out, source[at:]])

    def _picture(self, tag: Tag) -> str:
        attributes = tag.attributes
        src = attributes.get("src", "")
        if not src or src in self.issued or src[:5].lower() == "data:":
            return written("img", attributes)
        if src[:4].lower() == "cid:":
            new = self.cid(src[4:])
        else:
            self.remote += 1
            self.trackers += _tracks(attributes)
            if self.remote > MOST_IMAGES:
                return written("img", {k: v for k, v in attributes.items() if k != "src"})
            new = self.image(src)
        if new is None:
            attributes = {"src": PLACEHOLDER} | {
                k: v for k, v in attributes.items() if k not in {"src", "class"}
            }
            return written("img", attributes | {"class": BLOCKED})
        self.issued.add(new)
        return written("img", attributes | {"src": new})


def _tracks(attributes: dict[str, str]) -> bool:
    """Whether a picture is there to be fetched rather than to be seen."""
    if any(attributes.get(side, "").strip().removesuffix("px") in {"0", "1"} for side in ("width", "height")):
        return True
    return bool(_HIDDEN.search(attributes.get("style", "")) or _TRACKS.search(attributes["src"]))


def _mismatches(source: str) -> list[Mismatch]:
    found: list[Mismatch] = []
    href, start = "", 0
    for tag in tags(source):
        if tag.name != "a":
            continue
        if not tag.closes:
            href, start = tag.attributes.get("href", ""), tag.end
        elif href and tag.start - start < 4000:
            wrong = mismatch(html_to_text(source[start : tag.start]), href)
            if wrong is not None and wrong not in found:
                found.append(wrong)
                if len(found) >= MOST_MISMATCHES:
                    break
    return found
