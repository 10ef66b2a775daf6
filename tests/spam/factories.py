"""Judgements for those who look at them."""

import uuid
from typing import Any

from django.utils import timezone

from apps.mailboxes.models import Mailbox
from apps.spam.models import Judgement


def a_judgement(mailbox: Mailbox, **said: Any) -> Judgement:
    """Make one: alice's, of a message that went to the folder for junk."""
    fields: dict[str, Any] = {
        "mailbox_id": mailbox.pk,
        "judged_at": timezone.now(),
        "organisation_id": mailbox.domain.organisation_id,
        "trace_id": uuid.uuid4(),
        "content_id": 1,
        "sender": "mallory@elsewhere.example",
        "subject": "You have won",
        "score": 5.0,
        "probability": 0.993,
        "action": "junk",
        "sort": "spam",
        "reason": "score",
        "detail": {"threshold": {"at": 4.0, "origin": "site"}},
        "symbols": [["LEARNED_MODEL", 3.0, "model", "", "spam"], ["A_RULE", 2.0, "rule", "won", "spam"]],
        "state": "junk",
    }
    made = Judgement.objects.create(**(fields | said))
    return Judgement.objects.filter(mailbox_id=mailbox.pk, trace_id=made.trace_id).latest("judged_at")
