"""The queue: what waits to be delivered, why, and since when; one recipient with every attempt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun, Reach, Verb, may
from apps.console import codes, lookup
from apps.console.access import administrators, demand, patient, reach, subject, where
from apps.console.paging import Order, page_of
from apps.events.transactions import ask
from apps.queue import queries
from apps.queue.models import QueuedRecipient, State
from apps.queue.words import words_about, words_of

SECTION = "queue"
ORDERS = {"oldest": Order(("id",)), "newest": Order(("id",), is_descending=True)}
NO_CODE = "none"
STATES = {
    "queued": (State.QUEUED,),
    "held": (State.HELD,),
    "poison": (State.POISON,),
    "failed": (State.FAILED, State.EXPIRED),
    "delivered": (State.DELIVERED,),
}
STATE_NAMES = (
    ("", _("Everything that waits")),
    ("queued", _("To be tried")),
    ("held", _("Held")),
    ("poison", _("Set aside")),
    ("failed", _("Given up of late")),
    ("delivered", _("Delivered of late")),
)
FILTERS = ("q", "state", "domain", "code")
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient in a list."""

    row: QueuedRecipient
    look: str
    word: str | Promise
    why: str | Promise
    is_due: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether anything can still be done about it."""
        return self.row.state in queries.UNFINISHED


def line_of(row: QueuedRecipient, now: datetime) -> Line:
    """Return a recipient as lists show it."""
    return Line(row, *_look(row, now), words_about(row), is_due=row.next_attempt <= now)


def _look(row: QueuedRecipient, now: datetime) -> tuple[str, str | Promise]:
    """Return the kind of state and its word."""
    match State(row.state):
        case State.QUEUED if row.lease_until and row.lease_until > now:
            return "busy", _("on its way")
        case State.QUEUED if row.attempts:
            return "warn", _("deferred")
        case State.QUEUED:
            return "busy", _("new")
        case State.HELD:
            return "held", _("held")
        case State.POISON:
            return "err", _("set aside")
        case State.DELIVERED:
            return "ok", _("delivered")
        case State.FAILED:
            return "err", _("failed")
        case State.EXPIRED:
            return "err", _("expired")


def chosen(request: HttpRequest, within: Reach) -> QuerySet[QueuedRecipient]:
    """Return the recipients that the page's filters name, as far as they are within reach."""
    code = lookup.query_of(request, "code")
    rows = queries.recipients(
        states=STATES.get(request.GET.get("state", ""), queries.UNFINISHED),
        domain=lookup.query_of(request, "domain"),
        code="" if code == NO_CODE else code,
    )
    if code == NO_CODE:
        rows = queries.without_code(rows)
    return queries.within(queries.find_recipients(rows, lookup.query_of(request)), within)


def asked_for(request: HttpRequest) -> str:
    """Return the query of the filters alone, to keep them from one page to the next."""
    kept = request.GET.copy()
    for name in set(kept) - set(FILTERS):
        del kept[name]
    for name in [name for name in kept if not kept[name]]:
        del kept[name]
    return kept.urlencode()


@administrators
@patient
def queue(request: HttpRequest) -> HttpResponse:
    """List what waits."""
    rows = chosen(request, reach(request, Noun.QUEUE))
    sort = request.GET.get("sort", "oldest")
    page = page_of(request, rows, ORDERS.get(sort, ORDERS["oldest"]))
    now = timezone.now()
    context = {
        "section": SECTION,
        "tab": "list",
        "page": page,
        "lines": [line_of(row, now) for row in page.items],
        "sort": sort,
        "now": now,
        "states": STATE_NAMES,
        "asked": asked_for(request),
        "is_ended": request.GET.get("state") in {"failed", "delivered"},
        "may_change": bool(where(request, Noun.QUEUE, Verb.CHANGE)),
        "may_end": bool(where(request, Noun.QUEUE, Verb.DELETE)),
    }
    return render(request, "console/queue/list.html", context)


@administrators
def causes(request: HttpRequest) -> HttpResponse:
    """Say what keeps the mail that waits: one line for each destination and code."""
    found = ask(queries.causes(reach(request, Noun.QUEUE)))
    lines = [
        (cause, words_of(cause.state, cause.code, is_tried=bool(cause.example)), cause.code or NO_CODE)
        for cause in found
    ]
    context = {"section": SECTION, "tab": "causes", "lines": lines, "now": timezone.now()}
    return render(request, "console/queue/causes.html", context)


@administrators
def queued(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Show one recipient: why it is where it is, every attempt, and whom else its message is for."""
    found = find(request, recipient_id)
    now = timezone.now()
    target = queries.target_of_recipient(found)
    others = queries.within(
        QueuedRecipient.objects.filter(message=found.message).exclude(id=found.pk).order_by("id"),
        where(request, Noun.QUEUE),
    )
    rows = list(others.select_related("message")[: MOST_NAMED + 1])
    context: dict[str, Any] = {
        "section": SECTION,
        "found": found,
        "line": line_of(found, now),
        "now": now,
        "why": queries.why(found),
        "code": codes.name_in(found.last_reply),
        "log": [(attempt, codes.name_in(attempt.reply)) for attempt in found.log.order_by("-at")[:50]],
        "others": [line_of(row, now) for row in rows[:MOST_NAMED]],
        "has_more": len(rows) > MOST_NAMED,
        "may_change": may(subject(request), Verb.CHANGE, target),
        "may_end": may(subject(request), Verb.DELETE, target),
    }
    return render(request, "console/queue/page.html", context)


def find(request: HttpRequest, recipient_id: int, verb: Verb = Verb.VIEW) -> QueuedRecipient:
    """Return a recipient this may be done to."""
    rows = QueuedRecipient.objects.select_related("message__organisation")
    found = get_object_or_404(rows, id=recipient_id)
    demand(request, verb, queries.target_of_recipient(found))
    return found


@administrators
def code(request: HttpRequest, reply: str) -> HttpResponse:
    """Say what a reply means, and what to do about it."""
    page = codes.page_about(reply)
    if page is None:
        raise Http404
    return render(request, "console/queue/code.html", {"section": SECTION, "page": page})
