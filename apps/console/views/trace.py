"""What happened to messages: found by what people know of them, and the story of one."""

import uuid
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.accounts.permissions import Noun
from apps.console.access import administrators, patient, reach, where
from apps.console.tracing import SPANS, Asked, lay_out, read
from apps.console.words_of_mail import OUTCOMES
from apps.events.queries import BadCursorError, TraceLine, find_traces, story
from apps.mailboxes.queries import trace_scope

SECTION = "trace"


@administrators
@patient
def traces(request: HttpRequest) -> HttpResponse:
    """Find messages."""
    scope = trace_scope(reach(request, Noun.TRACE))
    asked = read(request.GET.dict(), now=timezone.now())
    try:
        lines = find_traces(asked.search, scope=scope)
    except BadCursorError:
        raise Http404 from None
    first = request.GET.copy()
    first.pop("after", None)
    context = {
        "section": SECTION,
        "asked": asked,
        "lines": lines,
        "next_query": _next_query(request, asked, lines),
        "first_query": f"?{first.urlencode()}" if asked.search.after else "",
        "spans": SPANS,
        "outcomes": OUTCOMES.items(),
        "is_fine": any(request.GET.get(name) for name in ("sender", "recipient", "host", "from", "until")),
    }
    return render(request, "console/trace/list.html", context)


@administrators
def trace(request: HttpRequest, trace_id: uuid.UUID) -> HttpResponse:
    """Tell what happened to one."""
    found = story(trace_id, scope=trace_scope(reach(request, Noun.TRACE)))
    if found is None:
        raise Http404
    page = lay_out(found)
    waits = any(one.look in {"busy", "held"} for one in page.stands) and where(request, Noun.QUEUE)
    context = {
        "section": SECTION,
        "page": page,
        "in_queue": f"{reverse('console:queue')}?{urlencode({'q': str(trace_id)})}" if waits else "",
    }
    return render(request, "console/trace/page.html", context)


def _next_query(request: HttpRequest, asked: Asked, lines: list[TraceLine]) -> str:
    # Where a server is asked for, a page may be shorter than its limit, and only an empty one is the end.
    if not lines or (not asked.search.host and len(lines) < asked.search.limit):
        return ""
    following = request.GET.copy()
    following["after"] = lines[-1].cursor
    return f"?{following.urlencode()}"
