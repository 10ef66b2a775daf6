"""Files of a message, the message itself, and pictures from elsewhere. Nothing of it is trusted to be what it says."""

import asyncio
import functools
import ipaddress
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.domains.resolver import Resolver
from apps.events.database import give_back
from apps.protocols.mime.outline import Part
from apps.protocols.mime.sniff import ENOUGH, PICTURES
from apps.store.contents import StoredMessage
from apps.webmail import signatures
from apps.webmail.access import mailbox_for, message_for, unless_damaged
from apps.webmail.attachments import OCTETS, Preview, file_name, media_type_of, preview_of
from apps.webmail.proxy import Picture, Proxy

log = logging.getLogger(__name__)

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
# A browser's own PDF viewer does not start in a sandbox.
_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
# Kinds a browser may run, and our pages may load scripts from this very server.
_ACTIVE = ("xml", "script", "json", "wasm")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")


def safe_headers(policy: str = _SANDBOX, *, cache: str = "private, no-store") -> dict[str, str]:
    """Return what goes with every file: a browser may do nothing with it but show or save it."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": cache,
    }


@require_safe
@unless_damaged
def part(request: HttpRequest, mailbox_id: int, content_id: int, number: str) -> HttpResponseBase:
    """Give a part as a file; with `show=1` in the browser, if it is of a kind that can do no harm there."""
    message = message_for(request, mailbox_id, content_id)
    found = message.part(number)
    if found is None:
        raise Http404
    return _file(request, message, found, show=request.GET.get("show") == "1")


@require_safe
@unless_damaged
def by_cid(request: HttpRequest, mailbox_id: int, content_id: int, cid: str) -> HttpResponseBase:
    """Give the picture a message's HTML refers to by its Content-ID."""
    message = message_for(request, mailbox_id, content_id)
    found = next((each for each in message.outline.walk() if each.cid == cid and each.number), None)
    if found is None or media_type_of(found.media_type, message.head(found, ENOUGH)) not in PICTURES:
        raise Http404
    return _file(request, message, found, show=True)


@require_safe
@unless_damaged
def raw(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponseBase:
    """Give the message as it is; with `show=1` as text in the browser. A range of it may be asked for."""
    message = message_for(request, mailbox_id, content_id)
    show = request.GET.get("show") == "1"
    headers = safe_headers() | {"Accept-Ranges": "bytes"}
    if not show:
        headers["Content-Disposition"] = disposition(
            f"{message.subject[:80].strip() or 'message'}.eml", inline=False
        )
    start, end, status = 0, message.size, 200
    if match := _RANGE.fullmatch(request.headers.get("Range", "")):
        start, end = int(match[1]), min(int(match[2] or message.size - 1) + 1, message.size)
        if start >= end:
            return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{message.size}"})
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{message.size}"
    headers["Content-Length"] = str(end - start)
    kind = "text/plain; charset=utf-8" if show else "message/rfc822"
    return streamed(request, message.raw(start, end), kind, headers, status=status)


@require_safe
def image(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Give a picture from elsewhere that we put into this message's frame, fetched by us."""
    mailbox_for(request, mailbox_id)
    asked = request.GET
    url = asked.get("u", "")
    is_ours = signatures.is_good(
        mailbox_id, content_id, url, asked.get("e", ""), asked.get("s", ""), now=time.time()
    )
    if not (settings.MAIL_IMAGE_PROXY and is_ours):
        raise Http404
    give_back()
    found = the_proxy().fetch(url)
    if not isinstance(found, Picture):
        log.info("picture not fetched", extra={"reason": found.reason, "url": url[:300]})
        return HttpResponse(status=404, headers=safe_headers())
    return HttpResponse(
        found.data, content_type=found.media_type, headers=safe_headers(cache="private, max-age=86400")
    )


@functools.cache
def the_proxy() -> Proxy:
    """Return the proxy of this process."""
    return Proxy(Resolver(), [ipaddress.ip_network(each) for each in settings.MAIL_IMAGE_PROXY_ALLOW])


def _file(request: HttpRequest, message: StoredMessage, found: Part, *, show: bool) -> HttpResponseBase:
    kind = media_type_of(found.media_type, message.head(found, ENOUGH))
    preview = preview_of(kind)
    show = show and preview not in {Preview.NONE, Preview.MESSAGE, Preview.CALENDAR}
    if show and preview is Preview.TEXT:
        kind = f"text/plain; charset={found.charset if re.fullmatch(r'[a-z0-9_.:-]{1,40}', found.charset) else 'utf-8'}"
    elif any(word in kind for word in _ACTIVE) or (
        not show and (kind.startswith(("text/", "image/svg")) or not _TOKEN.fullmatch(kind))
    ):
        kind = OCTETS  # A page or a script is only ever saved.
    policy = _PDF if show and preview is Preview.PDF else _SANDBOX
    headers = safe_headers(policy) | {"Content-Disposition": disposition(file_name(found), inline=show)}
    return streamed(request, message.pieces(found), kind, headers)


def disposition(name: str, *, inline: bool) -> str:
    """Return Content-Disposition with the name in both forms (RFC 6266)."""
    name = "".join(c if c.isprintable() else " " for c in name)
    return content_disposition_header(as_attachment=not inline, filename=name) or "attachment"


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], kind: str, headers: dict[str, str], *, status: int = 200
) -> HttpResponseBase:
    """Send pieces as they are made."""
    # An async server would gather what a plain iterator gives before it sends any of it.
    body = _from_thread(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(body, content_type=kind, headers=headers, status=status)


async def _from_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
