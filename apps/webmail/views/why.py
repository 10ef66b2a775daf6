"""Why a message is where it is: what the filter found, in words, and what may be done about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.pages.access import signed_in
from apps.spam.explaining import explain
from apps.spam.queries import judgement_of
from apps.webmail.access import mailbox_for, message_for


@require_safe
@signed_in
def why(request: HttpRequest, mailbox_id: int, content_id: int) -> HttpResponse:
    """Tell why a message is in the inbox, or why it is not."""
    mailbox = mailbox_for(request, mailbox_id)
    message = message_for(request, mailbox_id, content_id)
    judgement = judgement_of(mailbox.pk, content_id)
    places = ["site", f"domain:{mailbox.domain_id}", f"user:{mailbox.owner_id}"]
    context = {
        "mailbox_id": mailbox_id,
        "content_id": content_id,
        "subject": message.subject,
        "why": explain(judgement, places=places) if judgement is not None else None,
        "judged_at": judgement.judged_at if judgement is not None else None,
    }
    answer = render(request, "webmail/why.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer
