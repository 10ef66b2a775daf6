"""Named reads of the queue, for operators."""

import uuid

from django.db.models import Q, QuerySet

from .models import QueuedRecipient, State

UNFINISHED = (State.QUEUED, State.HELD, State.POISON)


def recipients(
    *,
    states: tuple[str, ...] = UNFINISHED,
    lane: str = "",
    domain: str = "",
    address: str = "",
    sender: str = "",
) -> QuerySet[QueuedRecipient]:
    """Return recipients that fit, the longest waiting first."""
    found = QueuedRecipient.objects.select_related("message").filter(state__in=states)
    if lane:
        found = found.filter(lane=lane)
    if domain:
        found = found.filter(domain=domain.lower())
    if address:
        found = found.filter(address__iexact=address)
    if sender:
        found = found.filter(message__sender__iexact=sender)
    return found.order_by("id")


def named(text: str) -> QuerySet[QueuedRecipient]:
    """Return the recipients a number (of a recipient) or a trace id (of all of a message) names."""
    found = QueuedRecipient.objects.select_related("message").order_by("id")
    if text.isdecimal() and len(text) < 19:
        return found.filter(id=int(text))
    try:
        return found.filter(Q(message__trace_id=uuid.UUID(text)))
    except ValueError:
        return found.none()
