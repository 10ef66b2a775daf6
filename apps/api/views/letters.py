"""/mailboxes/…/letters and /letters: sending, and taking back what has not left."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Verb
from apps.api import examples
from apps.api.idempotency import check_key
from apps.api.letters import fields_of, not_sent
from apps.api.mail import mailbox
from apps.api.operations import given, operation
from apps.api.permission import user_of
from apps.api.problems import Problem
from apps.api.shapes.letters import LetterShape, NewLetterShape, OutboxShape, RecalledShape, WaitingShape
from apps.mailflow.writing import outbox
from apps.mailflow.writing.checks import NotSent
from apps.mailflow.writing.sending import send, send_later
from apps.organisations.errors import NotFoundError


def most_letter_bytes() -> int:
    """Return how long a letter's body may be: its files are in base64 there, too."""
    return int(settings.MAIL_MAX_MESSAGE_BYTES * 1.1) + 1024 * 1024


class MailboxLettersView(APIView):
    """Letters from a mailbox."""

    @operation(
        "letters_send",
        scope="mail:send",
        tag="Letters",
        summary="Send a letter",
        body=NewLetterShape,
        body_example={
            "to": [{"address": "ana@example.net", "name": "Ana Roth"}],
            "subject": "The garden in March",
            "text": "Shall we meet at noon?",
            "attachments": [{"name": "plan.txt", "media_type": "text/plain", "content": "VHVsaXBzLgo="}],
            "hold_seconds": 10,
        },
        answer=LetterShape,
        answer_example=examples.LETTER,
        status=202,
        is_once=True,
        is_atomic=False,
        most_bytes=most_letter_bytes,
        problem=("forbidden", "not_sent", "conflict", "unavailable"),
    )
    def post(self, request: Request, mailbox_id: int) -> Response:
        """Send a letter; a copy is filed in Sent of this mailbox when it leaves.

        It leaves at once, after `hold_seconds`, or `at` a time; until then it can be recalled. It passes the same
        checks as mail sent by SMTP: what those refuse is answered `not_sent` with `reason`, the addresses it is
        `about`, and `reply`, the words SMTP would have used; what would be worth another try, `unavailable`.
        """
        found = mailbox(request, mailbox_id, Verb.SEND)
        wanted, key = given(NewLetterShape, request), check_key(request)
        fields, now = fields_of(request, wanted), timezone.now()
        common: dict[str, Any] = {
            "user_id": user_of(request).id,
            "mailbox_id": found.pk,
            "fields": fields,
            "now": now,
            "draft_id": wanted.get("draft_id"),
            "revision": wanted.get("revision"),
            "idempotency_key": key,
            "peer": request.META.get("REMOTE_ADDR") or "",
        }
        try:
            if "at" in wanted:
                answer = send_later(at=wanted["at"], **common)
            else:
                answer = send(hold=timedelta(seconds=wanted["hold_seconds"]), **common)
        except NotFoundError:
            if "draft_id" in wanted:
                raise NotFound from None
            raise PermissionDenied("A copy goes to Sent: this needs the right to write there.") from None
        if isinstance(answer, NotSent):
            not_sent(answer)
        return Response(LetterShape(answer).data, 202)


class OutboxView(APIView):
    """What waits."""

    @operation(
        "letters_list",
        scope="mail:send",
        tag="Letters",
        summary="List what waits to leave",
        answer=OutboxShape,
        answer_example={"items": [examples.WAITING]},
    )
    def get(self, request: Request) -> Response:
        """Your letters that are held or scheduled, the next to leave first."""
        return Response({"items": WaitingShape(outbox.outbox(user_of(request).id), many=True).data})


class LetterView(APIView):
    """One of them."""

    @operation(
        "letters_cancel",
        scope="mail:send",
        tag="Letters",
        summary="Throw a letter away that waits",
        is_atomic=False,
        problem=("conflict",),
    )
    def delete(self, request: Request, letter_id: uuid.UUID) -> Response:
        """Throw it away, if it has not left."""
        _taken(
            _or_404(
                lambda: outbox.cancel(user_id=user_of(request).id, sending_id=letter_id, now=timezone.now())
            )
        )
        return Response(status=204)


class RecallView(APIView):
    """Taking one back."""

    @operation(
        "letters_recall",
        scope="mail:send",
        tag="Letters",
        summary="Recall a letter",
        answer=RecalledShape,
        answer_example={"draft_id": examples.LETTER["draft_id"]},
        is_atomic=False,
        problem=("conflict",),
    )
    def post(self, request: Request, letter_id: uuid.UUID) -> Response:
        """Make it the draft it was, if it has not left; it was never in Sent."""
        recalled = _taken(
            _or_404(
                lambda: outbox.recall(user_id=user_of(request).id, sending_id=letter_id, now=timezone.now())
            )
        )
        return Response({"draft_id": recalled.draft_id})


class SendNowView(APIView):
    """Letting one go."""

    @operation(
        "letters_send_now",
        scope="mail:send",
        tag="Letters",
        summary="Send a letter that waits now",
        is_atomic=False,
        problem=("conflict", "not_sent"),
    )
    def post(self, request: Request, letter_id: uuid.UUID) -> Response:
        """Let it go at once."""
        answer = _or_404(
            lambda: outbox.send_now(user_id=user_of(request).id, sending_id=letter_id, now=timezone.now())
        )
        if isinstance(answer, outbox.TooLate):
            raise Problem("conflict", "It has left.")
        if isinstance(answer, NotSent):
            not_sent(answer)
        return Response(status=204)


def _or_404[T](do: Callable[[], T]) -> T:
    try:
        return do()
    except NotFoundError:
        raise NotFound from None


def _taken(answer: outbox.Recalled | outbox.TooLate) -> outbox.Recalled:
    if isinstance(answer, outbox.TooLate):
        raise Problem("conflict", "It has left.")
    return answer
