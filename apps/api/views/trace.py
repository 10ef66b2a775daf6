"""/trace: what happened to a message."""

import uuid
from datetime import timedelta

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun
from apps.api import examples
from apps.api.operations import asked, operation
from apps.api.paging import PageQuery, next_link
from apps.api.permission import in_reach
from apps.api.problems import Problem
from apps.api.shapes.operation import StoryShape, TraceQuery, TraceShape
from apps.events.patience import TooSlowError, patience
from apps.events.queries import BadCursorError, TraceSearch, find_traces, story
from apps.mailboxes.queries import trace_scope


class TracesView(APIView):
    """Messages."""

    @operation(
        "trace_search",
        scope="trace:read",
        tag="Trace",
        summary="Find messages",
        query=TraceQuery,
        answer=TraceShape,
        answer_example=examples.page(examples.TRACE),
        is_list=True,
        problem=("unavailable",),
    )
    def get(self, request: Request) -> Response:
        """Messages that came or were refused, the newest first.

        Found by address (or `@domain`), sender, recipient, Message-ID, or the name or IP address of the other server.
        You find what concerns the places where you have a role, and what you sent or got yourself.
        """
        wanted, paging = asked(TraceQuery, request), asked(PageQuery, request)
        since = timezone.now() - timedelta(days=wanted.pop("days"))
        search = TraceSearch(**wanted, since=since, after=paging["cursor"], limit=paging["limit"])
        scope = trace_scope(in_reach(request, Noun.TRACE))
        try:
            with patience():
                lines = find_traces(search, scope=scope)
        except BadCursorError:
            raise Problem("cursor_invalid", "") from None
        except TooSlowError:
            raise Problem("unavailable", "There is too much to look through: ask for fewer days.") from None
        # Where a server is asked for, a page may be shorter than its limit, and only an empty one is the end.
        is_end = not lines or (not wanted["host"] and len(lines) < paging["limit"])
        following = None if is_end else lines[-1].cursor
        response = Response({"items": TraceShape(lines, many=True).data, "next_cursor": following})
        return next_link(request, response, following)


class StoryView(APIView):
    """One message."""

    @operation(
        "trace_read",
        scope="trace:read",
        tag="Trace",
        summary="What happened to this message?",
        answer=StoryShape,
        answer_example={"trace_id": examples.TRACE_ID, "events": [examples.EVENT]},
    )
    def get(self, request: Request, trace_id: uuid.UUID) -> Response:
        """Everything that happened to one message, in sentences and in facts, as far as you may know it."""
        found = story(trace_id, scope=trace_scope(in_reach(request, Noun.TRACE)))
        if found is None:
            raise NotFound
        return Response(StoryShape(found).data)
