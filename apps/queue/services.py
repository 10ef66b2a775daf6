"""The queue's operations, each a plan (see `events.transactions`): keep, lease, settle, and what operators do.

A lease is a promise with an end: whoever claimed a parcel settles it before `LEASE` is over, renews it, or
loses it to another worker. `settle` says which parcels were still ours, so that filing local mail in the same
transaction can neither lose nor double it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apps.events.transactions import Plan, Query, Row, Run, query
from apps.events.wake import Job

from . import sql
from .backoff import SCHEDULE
from .couriers import Deferred, Delivered, Failed, Outcome, Parcel
from .envelopes import Envelope, NewMessage, Recipient
from .models import Lane, Origin, State

LEASE = timedelta(minutes=5)
WAKES = {Lane.LOCAL: Job.DELIVER_LOCAL, Lane.REMOTE: Job.DELIVER_REMOTE}


def enqueue(items: Sequence[NewMessage]) -> Plan[list[int]]:
    """Queue messages whose blobs this transaction keeps; return their ids and wake the couriers."""
    if not items:
        return []
    envelopes = [item.envelope for item in items]
    addressed = [(place, r) for place, item in enumerate(items, 1) for r in item.recipients]
    recipients = [r for _, r in addressed]
    rows = yield from query(
        sql.ENQUEUE,
        (
            [item.organisation_id for item in items],
            [item.blob_hash for item in items],
            [item.size for item in items],
            [item.facts for item in items],
            [envelope.sender for envelope in envelopes],
            [json.dumps(item.verdict) if item.verdict is not None else None for item in items],
            [item.trace_id for item in items],
            [item.prefix for item in items],
            [envelope.smtputf8 for envelope in envelopes],
            [envelope.eight_bit for envelope in envelopes],
            [envelope.requiretls for envelope in envelopes],
            [envelope.ret for envelope in envelopes],
            [envelope.envid for envelope in envelopes],
            [item.priority for item in items],
            [item.origin.value for item in items],
            [item.accepted_at for item in items],
            [item.held for item in items],
            [json.dumps(item.evidence) if item.evidence is not None else None for item in items],
            [place for place, _ in addressed],
            [r.lane.value for r in recipients],
            [r.address for r in recipients],
            [r.domain for r in recipients],
            [r.mailbox_id for r in recipients],
            [r.orcpt for r in recipients],
            [r.notify for r in recipients],
        ),
    )
    for lane in {r.lane for item in items if not item.held for r in item.recipients}:
        yield WAKES[lane]
    return [row[0] for row in rows]


def let_go(message_ids: Sequence[int]) -> Plan[int]:
    """Let messages go that were queued as held; return how many recipients they have."""
    rows = yield from query(sql.LET_GO, (list(message_ids),))
    for lane in {Lane(row[0]) for row in rows}:
        yield WAKES[lane]
    return len(rows)


def add_to_prefix(message_ids: Sequence[int], fields: bytes) -> Plan[None]:
    """Put header fields in front of held messages, below those they have."""
    if fields:
        yield Run(sql.ADD_TO_PREFIX, (fields, list(message_ids)))


def withdraw(message_ids: Sequence[int]) -> Plan[bool]:
    """Take messages back that are held; False, and nothing is done, if any recipient was let go."""
    [(are_held,)] = yield from query(sql.LOCK_HELD, (list(message_ids),))
    if are_held:
        yield Run(sql.WITHDRAW, {"ids": list(message_ids)})
    return bool(are_held)


def claim_due(
    lane: Lane,
    limit: int,
    owner: str,
    *,
    delays: Sequence[timedelta] = SCHEDULE,
    lifetime: timedelta = timedelta(days=5),
    each: int = 50,
    busy: Collection[str] = (),
    after: str = "",
) -> Plan[list[Parcel]]:
    """Lease up to `limit` due parcels to `owner`, a name no other claim ever has.

    In the remote lane the next attempt is written now: by `delays`, but at the end of `lifetime` if that is
    sooner; at most
    `each` parcels go to one destination, none to a `busy` one, and half of the candidates are looked for among the
    destinations after `after`.
    """
    if lane == Lane.LOCAL:
        rows = yield from query(sql.CLAIM_LOCAL, {"limit": limit, "lease": LEASE, "owner": owner})
    else:
        rows = yield from query(
            sql.CLAIM_REMOTE,
            {
                "limit": limit,
                "lease": LEASE,
                "owner": owner,
                "delays": [delay.total_seconds() for delay in delays],
                "lifetime": lifetime,
                "each": each,
                "busy": list(busy),
                "after": after,
            },
        )
    return [_parcel(row) for row in rows]


def _parcel(row: Row) -> Parcel:
    (id_, message_id, attempts, address, lane, domain, mailbox_id, orcpt, notify, organisation_id, sender, smtputf8,
     eight_bit, requiretls, ret, envid, blob_hash, size, facts, prefix, verdict, evidence, trace_id, origin, priority,
     accepted_at, next_attempt) = row  # fmt: skip
    return Parcel(
        id=id_,
        message_id=message_id,
        attempts=attempts,
        recipient=Recipient(address, Lane(lane), organisation_id, domain, mailbox_id, orcpt, notify),
        envelope=Envelope(sender, smtputf8, eight_bit, requiretls, ret, envid),
        blob_hash=blob_hash,
        size=size,
        facts=facts,
        prefix=prefix,
        verdict=json.loads(verdict) if verdict is not None else None,
        evidence=json.loads(evidence) if evidence is not None else None,
        trace_id=trace_id,
        origin=Origin(origin),
        priority=priority,
        accepted_at=accepted_at,
        next_attempt=next_attempt,
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of one claimed parcel.

    `is_last` turns a Deferred into the end: it was tried for as long as we promise. `is_logged` keeps an Attempt;
    local filing keeps none, its trace says as much.
    """

    parcel_id: int
    outcome: Outcome
    is_last: bool = False
    is_logged: bool = True

    @property
    def state(self) -> State:
        """The recipient's state from now on."""
        match self.outcome:
            case Delivered():
                return State.DELIVERED
            case Failed():
                return State.FAILED
            case Deferred():
                return State.EXPIRED if self.is_last else State.QUEUED


def settle(settlements: Sequence[Settlement], owner: str) -> Plan[set[int]]:
    """Write outcomes; return the parcels that were still ours. The others were taken over: do nothing for them."""
    if not settlements:
        return set()
    outcomes = [s.outcome for s in settlements]
    rows = yield from query(
        sql.SETTLE,
        (
            [s.parcel_id for s in settlements],
            [s.state.value for s in settlements],
            [type(s.outcome).__name__.lower() if s.is_logged else "" for s in settlements],
            [o.host for o in outcomes],
            [str(o.reply) for o in outcomes],
            [
                o.retry_after.total_seconds() if isinstance(o, Deferred) and o.retry_after else None
                for o in outcomes
            ],
            owner,
        ),
    )
    return {row[0] for row in rows}


def set_aside(parcel_ids: Sequence[int], owner: str, why: str) -> Plan[set[int]]:
    """Mark parcels of ours as poison: handling them raised an error. They wait for an operator."""
    rows = yield from query(sql.SET_ASIDE, (why, list(parcel_ids), owner))
    return {row[0] for row in rows}


def hold_back(parcel_ids: Sequence[int], owner: str, why: str) -> Plan[set[int]]:
    """Keep parcels of ours until somebody lets them go; return those that were still ours."""
    if not parcel_ids:
        return set()
    rows = yield from query(sql.HOLD_BACK, (why, list(parcel_ids), owner))
    return {row[0] for row in rows}


def give_up(ids: Sequence[int], reply: str) -> Plan[list[Parcel]]:
    """End recipients that no worker has in its hands; return their parcels, whose senders are yet to be told."""
    rows = yield from query(sql.GIVE_UP, {"ids": list(ids), "reply": reply})
    return [_parcel(row) for row in rows]


def is_due(lane: Lane) -> Plan[bool]:
    """Whether a claim would find something."""
    rows = yield from query(sql.IS_DUE, (lane.value,))
    return bool(rows[0][0])


def session() -> Plan[str]:
    """Return the owner name of this database connection: its leases end with it (see `take_over`)."""
    rows = yield from query(sql.SESSION)
    return str(rows[0][0])


def take_over() -> Plan[None]:
    """Free the local parcels of workers that died, without waiting for their leases to end."""
    yield Run(sql.TAKE_OVER)


def renew(parcel_ids: Collection[int], owner: str) -> Plan[None]:
    """Keep leases for another `LEASE`."""
    if parcel_ids:
        yield Run(sql.RENEW, (LEASE, LEASE, list(parcel_ids), owner))


def give_back(parcel_ids: Collection[int], owner: str) -> Plan[None]:
    """Return parcels nobody has begun to carry; they are due at once."""
    if parcel_ids:
        yield Run(sql.GIVE_BACK, (list(parcel_ids), owner))


def queued_bytes(mailbox_ids: Iterable[int]) -> Plan[dict[int, int]]:
    """Return how many bytes wait for each mailbox; one that is not in the answer has none waiting."""
    rows = yield from query(sql.QUEUED_BYTES, (list(mailbox_ids),))
    return {row[0]: row[1] for row in rows}


def forget(keep: timedelta, limit: int) -> Plan[int]:
    """Remove up to `limit` recipients that ended longer than `keep` ago; return how many."""
    locked = yield from query(sql.FORGET_LOCK)
    if not locked[0][0]:
        return 0
    rows = yield Query(sql.FORGET, {"keep": keep, "limit": limit})
    return int(rows[0][0]) if rows else 0
