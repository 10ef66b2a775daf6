"""The mail of a user whose account may be misused is held, until somebody releases or drops all of it.

Held is what waits in the queue and what the user hands in from then on: taken with 250, for whoever sits there must not
learn of it. A shared address is everybody's who may send as it, so what others sent as it waits, too.
"""

import datetime as dt
import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.permissions import Reach
from apps.events import audit
from apps.events.transactions import Plan, perform, query
from apps.events.valkey import sync_client
from apps.mailboxes.queries import may_send_as
from apps.protocols.addresses import Address, AddressError
from apps.queue import operators
from apps.queue.models import State

from . import misuse, sql
from .models import SenderHold

log = logging.getLogger(__name__)

WHY = "Held: the sender's account may be misused"


def is_held(user_id: int) -> Plan[bool]:
    """Whether what a user sends is held."""
    [(held,)] = yield from query(sql.IS_HELD, (user_id,))
    return bool(held)


def hold(user_id: int, reasons: Sequence[str]) -> bool:
    """Hold a user's mail from now on, and what waits; False where it is held already. Told in audit trail and log."""
    try:
        with transaction.atomic():
            user = User.objects.select_related("organisation").get(id=user_id)
            SenderHold.objects.create(user=user, reasons=list(reasons))
            audit.record(
                actor=audit.SYSTEM,
                action="sender.hold",
                target=_target(user),
                details={"reason": "; ".join(reasons)[:1000]},
            )
    except (IntegrityError, User.DoesNotExist):
        return False
    log.error("mail of a user held", extra={"user": user.address, "reasons": list(reasons)})
    operators.hold(_recipients(user, State.QUEUED), why=WHY, actor=audit.SYSTEM)
    return True


def look(user_id: int, recipients: Sequence[str], now: dt.datetime) -> bool:
    """Count whom a letter is for, and hold its user's mail where that is no person's doing; whether it is held now."""
    if not settings.MAIL_SPAM or not recipients:
        return False
    reasons = misuse.look(
        sync_client(), user_id, recipients, most_new=settings.MAIL_OUTBOUND_NEW, now=now.timestamp()
    )
    return bool(reasons) and hold(user_id, reasons)


def release(*, hold: SenderHold, actor: audit.Actor) -> int:
    """Let all go that was held of a user, and hold no more; return how many recipients."""
    if not _end(hold, SenderHold.Outcome.RELEASED, "sender.release", actor):
        return 0
    return len(operators.release(_recipients(hold.user, State.HELD, WHY), actor=actor))


def drop(*, hold: SenderHold, actor: audit.Actor) -> int:
    """Give up all that was held of a user, and hold no more; nobody is told. Return how many recipients."""
    if not _end(hold, SenderHold.Outcome.DROPPED, "sender.drop", actor):
        return 0
    held = _recipients(hold.user, State.HELD, WHY)
    return len(operators.cancel(held, why="Dropped: the account was misused", actor=actor))


def holds_within(reach: Reach) -> QuerySet[SenderHold]:
    """Return the open holds of users within reach, the oldest first."""
    found = SenderHold.objects.filter(ended_at=None).select_related("user").order_by("began_at")
    if reach.is_everything:
        return found
    return found.filter(
        Q(user__organisation_id__in=reach.organisation_ids) | Q(user__domain_id__in=reach.domain_ids)
    )


def hold_of(user: User) -> SenderHold | None:
    """Return a user's open hold."""
    return SenderHold.objects.select_related("user").filter(user=user, ended_at=None).first()


def look_at_bounces() -> int:
    """Hold the mail of users whom other servers refuse too often; return how many are held anew."""
    if not settings.MAIL_OUTBOUND_BOUNCES:
        return 0
    held = 0
    for _, sender, count in perform(query(sql.BOUNCED, (settings.MAIL_OUTBOUND_BOUNCES,))):
        for (owner_id,) in perform(query(sql.OWNERS, (_key(sender),))):
            # What bounced before somebody decided is no news.
            if not SenderHold.objects.filter(user_id=owner_id, began_at__gt=_an_hour_ago()).exists():
                held += hold(owner_id, [f"{count} recipients of one hour refused by their servers"])
    return held


def _an_hour_ago() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)


def _end(hold: SenderHold, outcome: SenderHold.Outcome, action: str, actor: audit.Actor) -> bool:
    with transaction.atomic():
        ended = SenderHold.objects.filter(id=hold.id, ended_at=None).update(
            ended_at=dt.datetime.now(dt.UTC), ended_by=actor.name[:320], outcome=outcome
        )
        if ended:
            audit.record(actor=actor, action=action, target=_target(hold.user))
    return bool(ended)


def _recipients(user: User, state: State, why: str = "") -> list[int]:
    about = {"organisation": user.organisation_id, "state": state.value, "why": why}
    senders = [row[0] for row in perform(query(sql.SENDERS_WAITING, about))]
    theirs = [sender for sender in senders if perform(may_send_as(user.id, _key(sender)))]
    return [row[0] for row in perform(query(sql.WAITING_OF, {**about, "senders": theirs}))]


def _key(sender: str) -> str:
    try:
        return Address.parse(sender, forgiving=True).key
    except AddressError:
        return sender.lower()


def _target(user: User) -> audit.Target:
    return audit.Target("user", user.id, user.address, user.organisation_id)
