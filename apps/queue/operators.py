"""What an operator may do with queued recipients: hold, release, retry now, cancel.

Recipients a worker has in its hands are left alone; each returns those it changed. The trace tells it, and the
audit trail who did it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.events import audit, trace
from apps.events.audit import Actor, Target
from apps.events.transactions import Plan, perform, query

from . import sql
from .models import Lane
from .services import WAKES


@dataclass(frozen=True, slots=True)
class Changed:
    """A recipient an operator's wish came true for."""

    id: int
    lane: Lane
    address: str
    trace_id: uuid.UUID
    organisation_id: int


def hold(ids: Sequence[int], *, why: str, actor: Actor) -> list[Changed]:
    """Keep recipients from being delivered until they are released."""
    return _do(sql.HOLD, trace.Kind.HELD, "queue.hold", ids, why, actor)


def release(ids: Sequence[int], *, actor: Actor) -> list[Changed]:
    """Let held and poisoned recipients go."""
    return _do(sql.RELEASE, trace.Kind.RELEASED, "queue.release", ids, "", actor)


def retry_now(ids: Sequence[int], *, actor: Actor) -> list[Changed]:
    """Make waiting recipients due now."""
    return _do(sql.RETRY_NOW, trace.Kind.RETRIED, "queue.retry", ids, "", actor)


def cancel(ids: Sequence[int], *, why: str, actor: Actor) -> list[Changed]:
    """Give recipients up without telling the sender."""
    return _do(sql.CANCEL, trace.Kind.CANCELLED, "queue.cancel", ids, why, actor)


def _do(
    statement: str, kind: trace.Kind, action: str, ids: Sequence[int], why: str, actor: Actor
) -> list[Changed]:
    with transaction.atomic():
        changed = perform(_change(statement, kind, ids, why, actor))
        tell_audit(changed, action=action, why=why, actor=actor)
    return changed


def tell_audit(changed: Sequence[Changed], *, action: str, why: str, actor: Actor) -> None:
    """Write who did it, within the caller's transaction.

    Entries are written one at a time until COMMIT, so a thousand recipients make one entry a tenant.
    """
    for organisation_id in sorted({item.organisation_id for item in changed}):
        recipients = [item.id for item in changed if item.organisation_id == organisation_id]
        audit.record(
            actor=actor,
            action=action,
            target=Target("queue", recipients[0], f"{len(recipients)} queued recipients", organisation_id),
            details={"recipients": recipients[:1000], "reason": why},
        )


def _change(
    statement: str, kind: trace.Kind, ids: Sequence[int], why: str, actor: Actor
) -> Plan[list[Changed]]:
    rows = yield from query(statement, {"ids": list(ids), "why": why})
    changed = [Changed(row[0], Lane(row[1]), *row[2:]) for row in rows]
    yield from trace.record(
        trace.Event(
            item.trace_id,
            kind,
            item.organisation_id,
            {"recipient": item.address, "by": actor.name} | ({"reason": why} if why else {}),
        )
        for item in changed
    )
    if statement in {sql.RELEASE, sql.RETRY_NOW}:
        for lane in {item.lane for item in changed}:
            yield WAKES[lane]
    return changed
