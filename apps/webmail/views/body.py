"""The document in a message's frame. No script runs in it, and nothing is fetched but from us."""

import time
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.protocols.html.quotes import with_details
from apps.webmail import signatures
from apps.webmail.access import message_for, unless_damaged
from apps.webmail.rendering import Addresses, Rendered, render

FRAME_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": FRAME_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
THEMES = frozenset({"light", "dark"})


@require_safe
@unless_damaged
def body(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Show a message's text.

    `images=1` fetches pictures from elsewhere, `text=1` prefers plain text, `part=n` is a message attached to it,
    `theme=light|dark` is the page's (else the browser's), `sheet=light|dark` a colour the reader chose for this mail,
    `quotes=1` leaves quotes open.
    """
    message = message_for(request, mailbox_id, content_id)
    asked = request.GET
    theme = asked.get("theme", "")
    shown = render(
        message,
        addresses(mailbox_id, content_id, images=asked.get("images") == "1"),
        number=asked.get("part", ""),
        prefer_text=asked.get("text") == "1",
        dark="dark" in {theme, asked.get("sheet")},
    )
    if shown is None:
        raise Http404
    html = shown.html if asked.get("quotes") == "1" else with_details(shown.html, _("Show quoted text"))
    context = {
        "body": html,
        "shown": shown,
        "scheme": scheme_of(shown, theme, asked.get("sheet", "")),
        "direction": shown.direction or "auto",
        "is_empty": not shown.html,
    }
    return HttpResponse(render_to_string("webmail/frame.html", context), headers=HEADERS)


def addresses(mailbox_id: int, content_id: int, *, images: bool) -> Addresses:
    """Return where the frame of a message finds its pictures."""
    key = {"mailbox_id": mailbox_id, "content_id": content_id}
    base = reverse("webmail:image", kwargs=key)
    expires = signatures.expiry(time.time())

    def part(number: str) -> str:
        return reverse("webmail:part", kwargs={**key, "number": number}) + "?show=1"

    def image(url: str) -> str | None:
        if not (images and settings.MAIL_IMAGE_PROXY):
            return None
        signature = signatures.sign(mailbox_id, content_id, url, expires)
        return f"{base}?{urlencode({'u': url, 'e': expires, 's': signature})}"

    return Addresses(part, image)


def scheme_of(shown: Rendered, theme: str, sheet: str) -> str:
    """Return the colours of the frame: 'light', 'dark', or 'auto' for the browser's.

    HTML is a light sheet unless it says that it knows the dark, or the reader asks for it.
    """
    if sheet in THEMES:
        return sheet
    if not shown.is_html:
        return theme if theme in THEMES else "auto"
    return "dark" if theme == "dark" and "dark" in shown.color_scheme else "light"
