"""Send, with the questions before it; recall, cancel and send now."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.mailflow.writing import outbox as waiting
from apps.mailflow.writing.checks import NotSent
from apps.mailflow.writing.fields import Fields
from apps.mailflow.writing.sending import SHOWN, Sent, send_later
from apps.mailflow.writing.sending import send as send_letter
from apps.webmail import letters, questions, wording
from apps.webmail.access import user_id_of
from apps.webmail.answers import asked, number, refused, sent
from apps.webmail.letters import BadLetterError


@require_POST
@asked
def send(request: HttpRequest, mailbox_id: int, draft_id: UUID) -> HttpResponse:
    """Send what was written; without `sure`, ask first what there is to ask."""
    given = sent(request)
    fields = letters.fields_of(given.get("letter"))
    user_id = user_id_of(request)
    if given.get("sure") is not True:
        asks = questions.questions(user_id, mailbox_id, fields)
        if asks:
            return JsonResponse({"doubts": asks})
    answer = deliver(request, mailbox_id, draft_id, number(given, "revision"), fields, _time(given))
    if isinstance(answer, NotSent):
        status = 409 if answer.reason in {"stale", "draft_gone"} else 422
        return refused(status, answer.reason.value, wording.refusal(answer), about=list(answer.about))
    return JsonResponse(
        {
            "id": str(answer.id),
            "draft": str(answer.draft_id),
            "until": answer.until.isoformat(),
            "scheduled": answer.scheduled,
            "shown": int(SHOWN.total_seconds()),
        }
    )


def deliver(
    request: HttpRequest,
    mailbox_id: int,
    draft_id: UUID,
    revision: int | None,
    fields: Fields,
    at: dt.datetime | None = None,
) -> Sent | NotSent:
    """Send a letter as this request's user."""
    common: dict[str, Any] = {
        "user_id": user_id_of(request),
        "mailbox_id": mailbox_id,
        "fields": fields,
        "now": timezone.now(),
        "draft_id": draft_id,
        "revision": revision,
        "peer": request.META.get("REMOTE_ADDR") or "",
    }
    return send_later(at=at, **common) if at else send_letter(**common)


def _time(given: dict[str, Any]) -> dt.datetime | None:
    wanted = given.get("at")
    if wanted is None:
        return None
    try:
        found = parse_datetime(wanted) if isinstance(wanted, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadLetterError
    return found


@require_POST
@asked
def recall(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """Take a letter back: it is a draft again."""
    return _taken(lambda now: waiting.recall(user_id=user_id_of(request), sending_id=sending_id, now=now))


@require_POST
@asked
def cancel(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """Throw a letter away that waits."""
    return _taken(lambda now: waiting.cancel(user_id=user_id_of(request), sending_id=sending_id, now=now))


def _taken(take: Callable[[dt.datetime], waiting.Recalled | waiting.TooLate]) -> HttpResponse:
    answer = take(timezone.now())
    if isinstance(answer, waiting.TooLate):
        return refused(409, "too_late", _("It has left already."))
    return JsonResponse({"draft": str(answer.draft_id) if answer.draft_id else None})


@require_POST
@asked
def send_now(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """Let a letter go at once."""
    answer = waiting.send_now(user_id=user_id_of(request), sending_id=sending_id, now=timezone.now())
    match answer:
        case waiting.TooLate():
            return refused(409, "too_late", _("It has left already."))
        case NotSent():
            return refused(422, answer.reason.value, wording.refusal(answer))
    return JsonResponse({})
