"""What else can be known of one message: its source, a sheet for the printer, and what happened to it."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.events.queries import Scope, Story, TraceSearch, find_traces, story
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.pages.access import signed_in
from apps.store.queries import origins_of
from apps.webmail import rendering
from apps.webmail.access import mailbox_for, message_for, unless_damaged
from apps.webmail.conversation import fields_of, header_of

from .body import HEADERS, addresses

SOURCE_BYTES = 256 * 1024
_PRINTED = frozenset({"from", "to", "cc", "date", "subject"})
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@require_safe
@signed_in
@unless_damaged
def source(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Show a message as it came: its header as a table, and the beginning of its bytes as text."""
    message = message_for(request, mailbox_id, content_id)
    text = b"".join(message.raw(0, SOURCE_BYTES)).decode("utf-8", "replace").replace("\0", "\ufffd")
    context = {
        "mailbox_id": mailbox_id,
        "content_id": content_id,
        "subject": message.subject,
        "fields": fields_of(header_of(message)),
        "text": text,
        "size": message.size,
        "is_cut": message.size > SOURCE_BYTES,
    }
    return _private(render(request, "webmail/source.html", context))


@require_safe
@signed_in
@unless_damaged
def print_sheet(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Show a message on a sheet of paper, in the same cage as its frame; `images=1` with pictures from elsewhere."""
    message = message_for(request, mailbox_id, content_id)
    images = request.GET.get("images") == "1"
    shown = rendering.render(message, addresses(mailbox_id, content_id, images=images))
    if shown is None:
        raise Http404
    context = {
        "subject": message.subject or _("(no subject)"),
        "fields": [pair for pair in fields_of(header_of(message)) if pair[0].lower() in _PRINTED],
        "body": shown.html,
        "shown": shown,
        "direction": shown.direction or "auto",
    }
    answer = render(request, "webmail/frame_print.html", context)
    for name, value in HEADERS.items():
        answer[name] = value
    return answer


@require_safe
@signed_in
def trace(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Tell what happened to a message, as far as it is this mailbox's business."""
    mailbox = mailbox_for(request, mailbox_id)
    message = message_for(request, mailbox_id, content_id)
    context = {
        "mailbox_id": mailbox_id,
        "content_id": content_id,
        "subject": message.subject,
        "story": _story_of(mailbox, content_id),
    }
    return _private(render(request, "webmail/trace.html", context))


def _story_of(mailbox: Mailbox, content_id: int) -> Story | None:
    origins = perform(origins_of(mailbox.pk, content_id))
    if origins is None:
        raise Http404
    scope = Scope(addresses=frozenset({str(mailbox)}), mailbox_ids=frozenset({mailbox.pk}))
    if origins.trace_id is not None:
        return story(origins.trace_id, scope=scope)
    if not origins.message_id:
        return None
    lines = find_traces(TraceSearch(message_id=origins.message_id, since=_EVER, limit=1), scope=scope)
    return story(lines[0].trace_id, scope=scope) if lines else None


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "private, no-store"
    return answer
