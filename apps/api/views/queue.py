"""/queue: what waits to be delivered, why, and what to do about it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Verb, reach_of
from apps.api import examples
from apps.api.lookup import one
from apps.api.operations import asked, given, operation
from apps.api.paging import page
from apps.api.permission import (
    actor_of,
    demand,
    demand_allowed,
    demand_seen,
    demand_somewhere,
    in_reach,
    subject,
)
from apps.api.shapes.operation import (
    MOST_AT_ONCE,
    ActionShape,
    BulkActionShape,
    CauseShape,
    CausesShape,
    DoneShape,
    QueuedDetailShape,
    QueuedShape,
    QueueFilter,
)
from apps.events.audit import Actor
from apps.events.transactions import perform
from apps.mailflow.operate import bounce_now
from apps.queue import operators, queries
from apps.queue.models import QueuedRecipient
from apps.queue.operators import Changed

VERBS = {
    "retry": Verb.CHANGE,
    "hold": Verb.CHANGE,
    "release": Verb.CHANGE,
    "bounce": Verb.DELETE,
    "cancel": Verb.DELETE,
}
DO: dict[str, Callable[[Sequence[int], str, Actor], list[Changed]]] = {
    "retry": lambda ids, _, actor: operators.retry_now(ids, actor=actor),
    "hold": lambda ids, why, actor: operators.hold(ids, why=why, actor=actor),
    "release": lambda ids, _, actor: operators.release(ids, actor=actor),
    "bounce": lambda ids, why, actor: bounce_now(ids, why=why, actor=actor, now=timezone.now()),
    "cancel": lambda ids, why, actor: operators.cancel(ids, why=why, actor=actor),
}


def _chosen(wanted: dict[str, Any]) -> Any:
    filters = {name: value for name, value in wanted.items() if name != "state"}
    states = (wanted["state"],) if wanted.get("state") else queries.UNFINISHED
    return queries.recipients(states=states, **filters)


class QueueView(APIView):
    """All of it."""

    @operation(
        "queue_list",
        scope="queue:read",
        tag="Queue",
        summary="List the queue",
        query=QueueFilter,
        answer=QueuedShape,
        answer_example=examples.page(examples.QUEUED),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """What waits within your reach, the longest waiting first, and why each waits."""
        chosen = _chosen(asked(QueueFilter, request))
        return page(request, queries.within(chosen, in_reach(request, Noun.QUEUE)), QueuedShape)


class CausesView(APIView):
    """All of it, by cause."""

    @operation(
        "queue_causes",
        scope="queue:read",
        tag="Queue",
        summary="Sum the queue up by cause",
        answer=CausesShape,
        answer_example={"items": [examples.CAUSE]},
    )
    def get(self, request: Request) -> Response:
        """What keeps the mail that waits: state, destination and the last reply's code, the largest group first."""
        found = perform(queries.causes(in_reach(request, Noun.QUEUE)))
        return Response({"items": CauseShape(found, many=True).data})


class QueuedView(APIView):
    """One recipient."""

    @operation(
        "queue_read",
        scope="queue:read",
        tag="Queue",
        summary="Read a queued recipient",
        answer=QueuedDetailShape,
        answer_example=examples.QUEUED | {"log": [examples.ATTEMPT]},
    )
    def get(self, request: Request, recipient_id: int) -> Response:
        """One recipient with every attempt and its answer."""
        found = _find(recipient_id)
        demand(request, Verb.VIEW, queries.target_of_recipient(found))
        return Response(QueuedDetailShape(found).data)


class QueuedActionsView(APIView):
    """What to do with one recipient."""

    @operation(
        "queue_act",
        scope="queue:write",
        tag="Queue",
        summary="Act on a queued recipient",
        body=ActionShape,
        body_example={"action": "hold", "reason": "asked the sender"},
        answer=DoneShape,
        answer_example={"changed": 1, "left": 0, "ids": [4711]},
        is_once=True,
        problem=("forbidden",),
    )
    def post(self, request: Request, recipient_id: int) -> Response:
        """Retry, hold, release, bounce or cancel it. One in a worker's hands is left: do it again a little later."""
        found = _find(recipient_id)
        target = queries.target_of_recipient(found)
        demand_seen(request, target)
        wanted = given(ActionShape, request)
        demand_allowed(request, VERBS[wanted["action"]], target)
        return _act(request, wanted, [found.pk])


class BulkActionsView(APIView):
    """What to do with many."""

    @operation(
        "queue_act_on_many",
        scope="queue:write",
        tag="Queue",
        summary="Act on many queued recipients",
        body=BulkActionShape,
        body_example={"action": "retry", "filter": {"domain": "example.net", "code": "421"}},
        answer=DoneShape,
        answer_example={"changed": 214, "left": 3, "ids": [4711, 4712]},
        is_once=True,
        problem=("forbidden",),
    )
    def post(self, request: Request) -> Response:
        """Do the same with those named, or with those that fit a filter, as far as they are within your reach.

        At most 10,000 at once: repeat it until nothing is changed.
        """
        wanted = given(BulkActionShape, request)
        verb = VERBS[wanted["action"]]
        demand_somewhere(request, verb, Noun.QUEUE)
        if "ids" in wanted:
            chosen = QueuedRecipient.objects.filter(id__in=wanted["ids"]).order_by("id")
        else:
            chosen = _chosen(wanted["filter"])
        reached = queries.within(chosen, reach_of(subject(request), verb, Noun.QUEUE))
        return _act(request, wanted, list(reached.values_list("id", flat=True)[:MOST_AT_ONCE]))


def _act(request: Request, wanted: dict[str, Any], ids: list[int]) -> Response:
    changed = DO[wanted["action"]](ids, wanted["reason"], actor_of(request))
    answer = {"changed": len(changed), "left": len(ids) - len(changed), "ids": [item.id for item in changed]}
    return Response(answer)


def _find(recipient_id: int) -> QueuedRecipient:
    return one(QueuedRecipient.objects.select_related("message").prefetch_related("log"), id=recipient_id)
