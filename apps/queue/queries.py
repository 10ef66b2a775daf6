"""Named reads of the queue, for operators."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.permissions import Noun, Reach, Target
from apps.domains.models import Domain
from apps.events.transactions import Plan, query
from apps.mailboxes.models import Mailbox

from . import sql
from .models import Lane, QueuedRecipient, State

UNFINISHED = (State.QUEUED, State.HELD, State.POISON)


def recipients(
    *,
    states: tuple[str, ...] = UNFINISHED,
    lane: str = "",
    domain: str = "",
    address: str = "",
    sender: str = "",
    code: str = "",
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
    if code:
        found = found.filter(last_reply__startswith=code)
    return found.order_by("id")


def within(found: QuerySet[QueuedRecipient], reach: Reach) -> QuerySet[QueuedRecipient]:
    """Return those of the recipients within reach: of a tenant, to a domain's mailboxes, from a domain's senders."""
    if reach.is_everything:
        return found
    by = Q(message__organisation_id__in=reach.organisation_ids)
    if reach.domain_ids:
        by |= Q(mailbox_id__in=Mailbox.objects.filter(domain_id__in=reach.domain_ids).values("id"))
        for name in Domain.objects.filter(id__in=reach.domain_ids).values_list("name", flat=True):
            by |= Q(mailbox_id=None, message__sender__iendswith=f"@{name}")
    return found.filter(by)


def find_recipients(found: QuerySet[QueuedRecipient], text: str) -> QuerySet[QueuedRecipient]:
    """Keep those to or from an address that holds this text; a trace id names all of a message."""
    if not text:
        return found
    try:
        return found.filter(message__trace_id=uuid.UUID(text))
    except ValueError:
        return found.filter(Q(address__icontains=text) | Q(message__sender__icontains=text))


def without_code(found: QuerySet[QueuedRecipient]) -> QuerySet[QueuedRecipient]:
    """Keep those of which nobody has said anything with a code yet."""
    return found.exclude(last_reply__regex=r"^[245][0-9]{2}")


def target_of_recipient(recipient: QueuedRecipient) -> Target:
    """Return a queued recipient as something to act upon: it lies in its mailbox's domain, or in its sender's."""
    if recipient.mailbox_id is not None:
        domains = Domain.objects.filter(mailboxes=recipient.mailbox_id)
    else:
        domains = Domain.objects.filter(name=recipient.message.sender.rpartition("@")[2].lower())
    return Target(Noun.QUEUE, recipient.message.organisation_id, domains.values_list("id", flat=True).first())


@dataclass(frozen=True, slots=True)
class Cause:
    """What keeps some recipients waiting, how many, and since when."""

    state: State
    lane: Lane
    domain: str
    code: str
    recipients: int
    size: int
    oldest: datetime
    next_attempt: datetime
    example: str


def causes(reach: Reach, *, limit: int = 200) -> Plan[list[Cause]]:
    """Return what waits grouped by what keeps it, the largest group first."""
    rows = yield from query(sql.CAUSES, {**_reached(reach), "limit": limit})
    return [Cause(State(row[0]), Lane(row[1]), *row[2:]) for row in rows]


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits: not tried yet, tried in vain, held, set aside; and since when.

    `late` should have been tried minutes ago, and nobody has it in their hands: the workers do not keep up.
    """

    fresh: int = 0
    deferred: int = 0
    held: int = 0
    poison: int = 0
    size: int = 0
    oldest: datetime | None = None
    late: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.fresh + self.deferred + self.held + self.poison


def depth(reach: Reach) -> Plan[Depth]:
    """Return how much waits within reach."""
    rows = yield from query(sql.DEPTH, _reached(reach))
    return Depth(*rows[0])


def standing(reach: Reach, *, limit: int) -> Plan[tuple[Depth, list[Cause]]]:
    """Return how much waits within reach, and the largest groups of it by cause."""
    within = _reached(reach)
    [row] = yield from query(sql.DEPTH, within)
    found = Depth(*row)
    if not found.total:
        return found, []
    rows = yield from query(sql.CAUSES, {**within, "limit": limit})
    return found, [Cause(State(row[0]), Lane(row[1]), *row[2:]) for row in rows]


def _reached(reach: Reach) -> dict[str, Any]:
    """Return what `sql.WITHIN` asks for: the same as `within`."""
    mailboxes: list[int] = []
    domains: list[str] = []
    if reach.domain_ids and not reach.is_everything:
        mailboxes = list(Mailbox.objects.filter(domain_id__in=reach.domain_ids).values_list("id", flat=True))
        domains = list(Domain.objects.filter(id__in=reach.domain_ids).values_list("name", flat=True))
    return {
        "everything": reach.is_everything,
        "organisations": sorted(reach.organisation_ids),
        "mailboxes": mailboxes,
        "domains": domains,
    }


def why(recipient: QueuedRecipient) -> str:
    """Return in a sentence why a recipient is where it is."""
    said, when = recipient.last_reply, f"{recipient.next_attempt:%Y-%m-%d %H:%M} UTC"
    match State(recipient.state):
        case State.QUEUED if not recipient.attempts:
            return _("Waiting for its first attempt.")
        case State.QUEUED if said:
            return _("Not accepted yet: “%(reply)s”. The next attempt is at %(when)s.") % {
                "reply": said,
                "when": when,
            }
        case State.QUEUED:
            return _("Waiting for its next attempt at %(when)s.") % {"when": when}
        case State.HELD:
            return _("Held until released: %(reason)s.") % {"reason": said or _("no reason given")}
        case State.POISON:
            return _("Set aside because handling it failed: %(reason)s.") % {
                "reason": said or _("see the log")
            }
        case State.DELIVERED:
            return _("Delivered.")
        case State.EXPIRED:
            return _("Given up after trying for as long as we promise: “%(reply)s”.") % {"reply": said}
        case State.FAILED:
            return _("Given up: “%(reply)s”.") % {"reply": said}


def named(text: str) -> QuerySet[QueuedRecipient]:
    """Return the recipients a number (of a recipient) or a trace id (of all of a message) names."""
    found = QueuedRecipient.objects.select_related("message").order_by("id")
    if text.isdecimal() and len(text) < 19:
        return found.filter(id=int(text))
    try:
        return found.filter(Q(message__trace_id=uuid.UUID(text)))
    except ValueError:
        return found.none()
