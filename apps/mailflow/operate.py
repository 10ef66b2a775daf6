"""What an operator does with queued mail that takes more than the queue: returning it to its sender."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from apps.events import trace
from apps.events.audit import Actor
from apps.events.transactions import Plan, perform
from apps.protocols.smtp.replies import RETURNED
from apps.queue import services
from apps.queue.couriers import Failed
from apps.queue.operators import Changed, tell_audit

from . import bounce


def bounce_now(ids: Sequence[int], *, why: str, actor: Actor, now: dt.datetime) -> list[Changed]:
    """Give recipients up and tell their senders; `why` is for trace and audit, the sender reads a fixed sentence."""
    with transaction.atomic():
        changed = perform(_bounce(ids, why, actor, now))
        tell_audit(changed, action="queue.bounce", why=why, actor=actor)
    return changed


def _bounce(ids: Sequence[int], why: str, actor: Actor, now: dt.datetime) -> Plan[list[Changed]]:
    parcels = yield from services.give_up(ids, str(RETURNED))
    yield from trace.record(
        trace.Event(
            parcel.trace_id,
            trace.Kind.FAILED,
            parcel.organisation_id,
            {"recipient": parcel.recipient.address, "reply": str(RETURNED), "by": actor.name}
            | ({"reason": why} if why else {}),
        )
        for parcel in parcels
    )
    yield from bounce.report([bounce.Failure(parcel, Failed(RETURNED)) for parcel in parcels], now=now)
    return [
        Changed(
            parcel.id,
            parcel.recipient.lane,
            parcel.recipient.address,
            parcel.trace_id,
            parcel.organisation_id,
        )
        for parcel in parcels
    ]
