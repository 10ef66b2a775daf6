"""The outbox: what is held or scheduled, and what may still be done about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.mailboxes.queries import mailboxes_of
from apps.mailflow.writing import outbox as waiting
from apps.mailflow.writing.checks import NotSent
from apps.organisations.errors import NotFoundError
from apps.pages.access import signed_in
from apps.webmail import wording
from apps.webmail.access import desk_for, user_id_of
from apps.webmail.desk import tree_of
from apps.webmail.policy import webmail_page

SHOWN_NAMES = 3


@require_safe
@signed_in
@webmail_page
def outbox(request: HttpRequest) -> HttpResponse:
    """List what waits, the next to leave first."""
    user_id = user_id_of(request)
    first = next((one for one in mailboxes_of(user_id) if "read" in one.rights), None)
    if first is None:
        return render(request, "webmail/no_mailbox.html")
    desk = desk_for(request, first.mailbox_id)
    rows = [_row(each) for each in waiting.outbox(user_id)]
    context = {"desk": desk, "tree": tree_of(desk), "rows": rows, "is_outbox": True}
    return render(request, "webmail/outbox.html", context)


def _row(letter: waiting.Waiting) -> dict[str, object]:
    names = [person.name or person.address for person in letter.to]
    return {
        "letter": letter,
        "to": ", ".join(names[:SHOWN_NAMES]),
        "more": max(0, len(names) - SHOWN_NAMES),
        "subject": letter.subject or _("(no subject)"),
    }


@require_POST
@signed_in
def edit(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """Take a letter back and go on writing."""
    user_id = user_id_of(request)
    held = next((each for each in waiting.outbox(user_id) if each.id == sending_id), None)
    try:
        answer = waiting.recall(user_id=user_id, sending_id=sending_id, now=timezone.now())
    except NotFoundError:
        raise Http404 from None
    if isinstance(answer, waiting.TooLate) or held is None:
        messages.error(request, _("It has left already."))
        return redirect("webmail:outbox")
    return redirect("webmail:compose", held.mailbox_id, answer.draft_id)


@require_POST
@signed_in
def act(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """Send a letter now, or throw it away."""
    common: dict[str, Any] = {"user_id": user_id_of(request), "sending_id": sending_id, "now": timezone.now()}
    is_now = request.POST.get("what") == "now"
    try:
        answer = waiting.send_now(**common) if is_now else waiting.cancel(**common)
    except NotFoundError:
        raise Http404 from None
    match answer:
        case waiting.TooLate():
            messages.error(request, _("It has left already."))
        case NotSent():
            messages.error(request, wording.refusal(answer))
        case _:
            messages.success(request, _("Sent.") if is_now else _("Discarded. It was not sent."))
    return redirect("webmail:outbox")
