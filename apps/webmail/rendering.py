"""A stored message → what of it is shown, what is attached, and what a reader is warned of.

Only the parts that are shown are read, and the first bytes of what is attached.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from apps.protocols.html import cost
from apps.protocols.html.cleaning import CleanBody, as_text, clean
from apps.protocols.html.links import Mismatch
from apps.protocols.html.plain import from_text
from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.charsets import decode
from apps.protocols.mime.outline import Part
from apps.protocols.mime.sniff import ENOUGH, PICTURES, sniff
from apps.store.contents import StoredMessage

from .attachments import SNIFFED, Attachment, attachment_of

HTML_BYTES = 4 * 1024 * 1024
HTML_TOGETHER = 2 * 1024 * 1024
"""So much HTML of one mail is cleaned; bodies after that are shown as text."""
TEXT_CHARACTERS = 200_000
MOST_SHOWN = 20
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)

type Address = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the frame finds things: a part by its number, a picture from elsewhere (None blocks it)."""

    part: Callable[[str], str]
    image: Address


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be shown. The facts are for the banners above its frame."""

    html: str
    is_html: bool
    """Whether any of it was HTML; plain text follows the theme, HTML is a sheet of its own colours."""
    has_html: bool
    has_text: bool
    """Whether the sender wrote it as plain text, too."""
    attachments: tuple[Attachment, ...] = ()
    remote_images: int = 0
    trackers: int = 0
    mismatches: tuple[Mismatch, ...] = ()
    has_form: bool = False
    color_scheme: str = ""
    direction: str = ""
    fallback: str = ""
    is_cut: bool = False
    """Whether the text was too long to be shown whole."""


@dataclass(slots=True)
class _Choice:
    """What a walk over the parts found."""

    shown: list[Part]
    attached: list[Part]
    related: list[Part]
    has_html: bool = False
    has_text: bool = False


def choose(root: Part, *, prefer_text: bool = False) -> _Choice:
    """Decide which parts are shown in the text and which are files (RFC 2046 5.1)."""
    choice = _Choice([], [], [])
    _walk(root, choice, prefer_text=prefer_text)
    if len(choice.shown) > MOST_SHOWN:
        choice.attached += choice.shown[MOST_SHOWN:]
        del choice.shown[MOST_SHOWN:]
    return choice


def _walk(part: Part, choice: _Choice, *, prefer_text: bool) -> None:
    kind = part.media_type
    if kind == "multipart/alternative":
        _alternative(part, choice, prefer_text=prefer_text)
    elif kind == "multipart/related":
        first = next((child for child in part.children if part.start and child.cid == part.start), None)
        first = first or (part.children[0] if part.children else None)
        for child in part.children:
            if child is first:
                _walk(child, choice, prefer_text=prefer_text)
            elif child.media_type.startswith("image/") and child.cid and child.disposition != "attachment":
                choice.related.append(child)
            else:
                _walk(child, choice, prefer_text=prefer_text)
    elif kind.startswith("multipart/"):
        for child in part.children:
            _walk(child, choice, prefer_text=prefer_text)
    elif kind in _SIGNATURES:
        return
    elif kind in {"text/plain", "text/html"} and part.disposition != "attachment" and not part.name:
        choice.shown.append(part)
        choice.has_html = choice.has_html or kind == "text/html"
        choice.has_text = choice.has_text or kind == "text/plain"
    elif kind.startswith("image/") and part.cid and part.disposition != "attachment":
        choice.related.append(part)
    else:
        choice.attached.append(part)


def _alternative(part: Part, choice: _Choice, *, prefer_text: bool) -> None:
    html = [child for child in part.children if _holds(child, "text/html")]
    plain = [child for child in part.children if _holds(child, "text/plain") and child not in html]
    choice.has_html, choice.has_text = choice.has_html or bool(html), choice.has_text or bool(plain)
    order = [*plain[-1:], *html[-1:]] if prefer_text else [*html[-1:], *plain[-1:]]
    if order:
        _walk(order[0], choice, prefer_text=prefer_text)
    for child in part.children:
        # An invitation, say: it is shown as a card, and is a file for those who want it.
        if child not in html and child not in plain:
            _walk(child, choice, prefer_text=prefer_text)


def _holds(part: Part, media_type: str) -> bool:
    return any(
        inner.media_type == media_type and inner.disposition != "attachment"
        for inner in part.walk()
    )  # fmt: skip


def render(
    message: StoredMessage,
    addresses: Addresses,
    *,
    number: str = "",
    prefer_text: bool = False,
    dark: bool = False,
) -> Rendered | None:
    """Render a message, or with `number` the message that is attached to it; None when there is no such one."""
    root = message.outline
    if number:
        inner = message.part(number)
        if inner is None or inner.media_type != "message/rfc822" or not inner.children:
            return None
        root = inner.children[0]
    choice = choose(root, prefer_text=prefer_text)
    by_cid: dict[str, Part] = {}
    for part in root.walk():
        if part.cid:
            by_cid.setdefault(part.cid, part)
    used: set[str] = set()

    @functools.cache  # A mail may show one picture thousands of times.
    def cid(name: str) -> str | None:
        part = by_cid.get(name)
        if part is None or sniff(message.head(part, ENOUGH)) not in PICTURES:
            return None
        used.add(part.number)
        return addresses.part(part.number)

    bodies, room = list[tuple[CleanBody, bool, bool]](), HTML_TOGETHER
    for part in choice.shown:
        bodies.append(_body(message, part, cid, addresses.image, dark=dark, room=room))
        # To clean a million characters takes a second, and a mail may consist of many bodies.
        room -= part.size if part.media_type == "text/html" else 0
    attached = choice.attached + [part for part in choice.related if part.number not in used]
    return _joined(bodies, choice, message, attached)


def _body(
    message: StoredMessage, part: Part, cid: Address, image: Address, *, dark: bool, room: int
) -> tuple[CleanBody, bool, bool]:
    """Return a part as cleaned HTML, whether it was HTML, and whether it was cut."""
    raw = message.head(part, HTML_BYTES)
    text = storable(decode(raw, part.charset))
    if part.media_type == "text/html":
        body = clean(text, cid=cid, image=image, dark=dark) if room > 0 else as_text(text, cost.TOO_LONG)
        return body, not body.fallback, bool(body.fallback) and len(text) > TEXT_CHARACTERS
    if not text.strip():
        return CleanBody(""), False, False
    html = from_text(text[:TEXT_CHARACTERS], flowed=part.flowed, delsp=part.delsp)
    return CleanBody(html), False, len(text) > TEXT_CHARACTERS


def _joined(
    bodies: list[tuple[CleanBody, bool, bool]], choice: _Choice, message: StoredMessage, attached: list[Part]
) -> Rendered:
    cleaned = [body for body, _, _ in bodies]
    return Rendered(
        html="<hr>".join(body.html for body in cleaned if body.html),
        is_html=any(is_html for _, is_html, _ in bodies),
        has_html=choice.has_html,
        has_text=choice.has_text,
        attachments=tuple(attachment_of(message, part, look=n < SNIFFED) for n, part in enumerate(attached)),
        remote_images=sum(body.remote_images for body in cleaned),
        trackers=sum(body.trackers for body in cleaned),
        mismatches=tuple(wrong for body in cleaned for wrong in body.mismatches),
        has_form=any(body.has_form for body in cleaned),
        color_scheme=next((body.color_scheme for body in cleaned if body.color_scheme), ""),
        direction=next((body.direction for body in cleaned if body.direction), ""),
        fallback=next((body.fallback for body in cleaned if body.fallback), ""),
        is_cut=any(is_cut for _, _, is_cut in bodies),
    )
