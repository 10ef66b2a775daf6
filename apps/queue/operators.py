"""What an operator may do with queued recipients: hold, release, retry now, cancel. Each is a plan.

Recipients a worker has in its hands are left alone, and each plan returns those it changed.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import Plan, query

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


def _change(statement: str, ids: Sequence[int], why: str = "") -> Plan[list[Changed]]:
    rows = yield from query(statement, {"ids": list(ids), "why": why})
    return [Changed(row[0], Lane(row[1]), *row[2:]) for row in rows]


def hold(ids: Sequence[int], *, why: str) -> Plan[list[Changed]]:
    """Keep recipients from being delivered until they are released."""
    return (yield from _change(sql.HOLD, ids, why))


def release(ids: Sequence[int]) -> Plan[list[Changed]]:
    """Let held and poisoned recipients go."""
    changed = yield from _change(sql.RELEASE, ids)
    for lane in {item.lane for item in changed}:
        yield WAKES[lane]
    return changed


def retry_now(ids: Sequence[int]) -> Plan[list[Changed]]:
    """Make waiting recipients due now."""
    changed = yield from _change(sql.RETRY_NOW, ids)
    for lane in {item.lane for item in changed}:
        yield WAKES[lane]
    return changed


def cancel(ids: Sequence[int], *, why: str) -> Plan[list[Changed]]:
    """Give recipients up without telling the sender."""
    return (yield from _change(sql.CANCEL, ids, why))
