"""One turn of the queue: claim, carry, settle; the couriers are handed in or called.

`run_local` is the one place where a transaction spans two apps: filing (store) and settling (queue) commit
together. `run_remote` never has a transaction open while it talks.
"""

import asyncio
import contextlib
import functools
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import django.db
import psycopg
from django.conf import settings

from apps.events import trace
from apps.events.transactions import Database, Plan, perform
from apps.events.wake import Job
from apps.protocols.smtp.replies import TRY_LATER
from apps.queue import services
from apps.queue.couriers import Carried, Courier, Deferred, Failed, Outcome, Parcel
from apps.queue.models import Lane, State
from apps.queue.services import Settlement

from . import bounce, deliver_local
from .bounce import Failure

log = logging.getLogger(__name__)

BATCH = 200
# How many parcels one process holds, how many of them talk at once, and how many at once to one destination.
IN_HAND = 1000
CONVERSATIONS = 200
PER_DESTINATION = 4
# What one conversation carries; the recipients of one message are kept together.
LOAD = 20
EACH = 100
RENEW_SECONDS = 60.0
GRACE_SECONDS = 6.0
# How long a run goes on beginning new work beyond its turn while a slow host keeps it from ending.
OVER_TIME = 240.0
# How often a process looks for parcels of workers that died.
LOOK_SECONDS = 5.0
_next_look: dict[str, float] = {}
KINDS = {
    State.DELIVERED: trace.Kind.DELIVERED,
    State.QUEUED: trace.Kind.DEFERRED,
    State.FAILED: trace.Kind.FAILED,
    State.EXPIRED: trace.Kind.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """How long one turn lasts: a claim is made until `seconds` are over or the process is told to stop."""

    clock: Callable[[], float]
    ends: float
    is_stopping: Callable[[], bool]

    def may_claim(self) -> bool:
        """Whether new work may be begun."""
        return not self.is_stopping() and self.clock() < self.ends


def run_local(turn: Turn) -> int:
    """File what is due until nothing is, or the turn is over; return how many parcels were settled."""
    settled = 0
    try:
        if turn.clock() > _next_look.get("local", 0.0):
            _next_look["local"] = turn.clock() + LOOK_SECONDS
            perform(services.take_over())
        owner = perform(services.session())
        while turn.may_claim():
            parcels = perform(services.claim_due(Lane.LOCAL, BATCH, owner))
            if not parcels:
                return settled
            settled += _file(parcels, owner)
        perform(_say(Job.DELIVER_LOCAL))
    except deliver_local.AWAY as error:
        # Nothing is lost: what was claimed is free again once this connection is gone.
        log.warning("local delivery stopped", extra={"error": str(error), "settled": settled})
        django.db.connection.close()
    return settled


def _file(parcels: Sequence[Parcel], owner: str) -> int:
    try:
        return deliver_local.deliver(parcels, owner)
    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
        log.warning("batch given back", extra={"error": str(error)})
        perform(services.give_back([parcel.id for parcel in parcels], owner))
        return 0


def _say(job: Job) -> Plan[None]:
    yield job


def is_due() -> bool:
    """Whether a turn of remote delivery would find something; spares an idle system its loop."""
    try:
        return perform(services.is_due(Lane.REMOTE))
    except deliver_local.AWAY as error:
        log.warning("remote delivery waits for the database", extra={"error": str(error)})
        django.db.connection.close()
        return False


async def run_remote(
    courier: Courier, database: Database, *, owner: str, turn: Turn, now: Callable[[], datetime]
) -> int:
    """Carry what is due in the remote lane; return how many parcels were settled."""
    return await RemoteRun(courier, database, owner=owner, turn=turn, now=now).run()


class RemoteRun:
    """One loop that carries due parcels to other servers, hundreds of conversations at once."""

    def __init__(
        self, courier: Courier, database: Database, *, owner: str, turn: Turn, now: Callable[[], datetime]
    ) -> None:
        self._courier = courier
        self._database = database
        self._owner = owner
        self._turn = turn
        self._now = now
        self._lifetime = timedelta(seconds=settings.MAIL_QUEUE_LIFETIME)
        self._waiting: defaultdict[str, list[Parcel]] = defaultdict(list)
        self._talking: Counter[str] = Counter()
        self._tasks: dict[asyncio.Task[None], Sequence[Parcel]] = {}
        self._after = ""
        self.settled = 0

    async def run(self) -> int:
        """Carry until nothing is due and everyone has hung up, or the turn is over; return how many settled.

        What was settled while the answer to its COMMIT was lost is not counted: asked again, it is ours no more.
        """
        renewing = asyncio.create_task(self._renew())
        try:
            while self._turn.may_claim() or self._is_over_time():
                claimed = await self._claim()
                self._begin()
                if not self._tasks and not claimed:
                    break
                await self._pause(1.0)
            await self._hang_up()
        finally:
            renewing.cancel()
        return self.settled

    def _is_over_time(self) -> bool:
        """Whether someone still talks, so that new work may be begun beside them: slow hosts block nobody."""
        over_time = self._turn.clock() < self._turn.ends + OVER_TIME
        return bool(self._tasks) and over_time and not self._turn.is_stopping()

    async def _claim(self) -> int:
        room = IN_HAND - sum(map(len, self._waiting.values())) - sum(map(len, self._tasks.values()))
        if room < EACH:
            return 0
        full = {d for d in self._waiting if self._waiting[d]} | {
            d for d, n in self._talking.items() if n >= PER_DESTINATION
        }
        in_hand = [p for parcels in (*self._waiting.values(), *self._tasks.values()) for p in parcels]
        busy = {p.recipient.domain for p in in_hand if self._courier.destination(p.recipient.domain) in full}
        plan = services.claim_due(
            Lane.REMOTE,
            min(room, BATCH),
            self._owner,
            lifetime=self._lifetime,
            each=EACH,
            busy=busy,
            after=self._after,
        )
        try:
            parcels = await self._database.perform(plan)
        except psycopg.OperationalError as error:
            log.warning("nothing claimed", extra={"error": str(error)})
            await asyncio.sleep(0.5)
            return 0
        self._after = max((p.recipient.domain for p in parcels), default="")
        for parcel in parcels:
            self._waiting[self._courier.destination(parcel.recipient.domain)].append(parcel)
        return len(parcels)

    def _begin(self) -> None:
        """Begin conversations, as many as there is room for."""
        for destination in list(self._waiting):
            while (
                self._waiting[destination]
                and self._talking[destination] < PER_DESTINATION
                and len(self._tasks) < CONVERSATIONS
            ):
                load, self._waiting[destination] = divide(self._waiting[destination])
                task = asyncio.create_task(self._converse(destination, load))
                self._talking[destination] += 1
                self._tasks[task] = load
                task.add_done_callback(functools.partial(self._done, destination))
            if not self._waiting[destination]:
                del self._waiting[destination]

    def _done(self, destination: str, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._talking[destination] -= 1
        if not self._talking[destination]:
            del self._talking[destination]
        if not task.cancelled() and (error := task.exception()):
            log.error("conversation not settled", exc_info=error)

    async def _converse(self, destination: str, parcels: Sequence[Parcel]) -> None:
        """Carry a load and settle each message as soon as its server has answered, whatever comes after."""
        left = {parcel.id: parcel for parcel in parcels}
        async with contextlib.aclosing(self._courier.deliver(parcels)) as carrying:
            while carried := await self._next(carrying, destination, left.values()):
                for parcel, _ in carried:
                    del left[parcel.id]
                await self._settle(destination, carried)

    async def _next(
        self, carrying: AsyncIterator[Sequence[Carried]], destination: str, left: Collection[Parcel]
    ) -> Sequence[Carried]:
        """Return what the courier tells next; nothing once it has told all."""
        try:
            return await anext(carrying)
        except StopAsyncIteration:
            pass
        except Exception:
            log.exception("courier failed", extra={"destination": destination})
        return [(parcel, Deferred(TRY_LATER)) for parcel in left]

    async def _settle(self, destination: str, carried: Sequence[Carried]) -> None:
        now = self._now()
        parcels = [parcel for parcel, _ in carried]
        settlements = [
            Settlement(parcel.id, outcome, is_last=now >= parcel.accepted_at + self._lifetime)
            for parcel, outcome in carried
        ]
        # The remote has taken them: nothing but the end of the lease may keep us from saying so.
        end = self._turn.clock() + services.LEASE.total_seconds() - RENEW_SECONDS
        is_reporting = True
        while True:
            try:
                ours = await self._database.perform(
                    settle(parcels, settlements, self._owner, now=now if is_reporting else None)
                )
            except psycopg.OperationalError as error:
                if self._turn.clock() > end:
                    raise
                log.warning("settling waits for the database", extra={"error": str(error)})
                await asyncio.sleep(0.5)
            except Exception:
                if not is_reporting:
                    raise
                # A report that cannot be written must not make us deliver again what was settled.
                log.exception("senders not told", extra={"destination": destination})
                is_reporting = False
            else:
                self.settled += len(ours)
                return

    async def _pause(self, seconds: float) -> None:
        """Wait until a conversation ends, or for a while."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            in_hand = [p.id for parcels in (*self._waiting.values(), *self._tasks.values()) for p in parcels]
            try:
                await self._database.perform(services.renew(in_hand, self._owner))
            except psycopg.OperationalError as error:
                log.warning("leases not renewed", extra={"error": str(error)})

    async def _hang_up(self) -> None:
        """Give back what was not begun; let conversations end, but not for long once we are told to stop."""
        unbegun = [p.id for parcels in self._waiting.values() for p in parcels]
        self._waiting.clear()
        if unbegun:
            try:
                await self._database.perform(services.give_back(unbegun, self._owner))
            except psycopg.OperationalError as error:
                log.warning("parcels not given back", extra={"error": str(error), "count": len(unbegun)})
        grace = GRACE_SECONDS
        while self._tasks and grace > 0:
            await self._pause(0.25)
            if self._turn.is_stopping():
                grace -= 0.25
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def divide(parcels: list[Parcel]) -> tuple[list[Parcel], list[Parcel]]:
    """Split off one conversation's load: at least LOAD parcels if there are as many, messages kept whole."""
    ordered = sorted(parcels, key=lambda p: (-p.priority, p.message_id, p.id))
    end = min(LOAD, len(ordered))
    while end < len(ordered) and ordered[end].message_id == ordered[end - 1].message_id:
        end += 1
    return ordered[:end], ordered[end:]


def settle(
    parcels: Sequence[Parcel], settlements: Sequence[Settlement], owner: str, *, now: datetime | None
) -> Plan[set[int]]:
    """Settle what is still ours, tell its trace, and tell the senders of what failed (unless `now` is None)."""
    ours = yield from services.settle(settlements, owner)
    kept = [(p, s) for p, s in zip(parcels, settlements, strict=True) if p.id in ours]
    yield from trace.record(_event(parcel, settlement) for parcel, settlement in kept)
    if now is not None:
        failures = [
            Failure(parcel, settlement.outcome)
            for parcel, settlement in kept
            if settlement.state in {State.FAILED, State.EXPIRED}
            and isinstance(settlement.outcome, Failed | Deferred)
        ]
        yield from bounce.report(failures, now=now)
    return ours


def _event(parcel: Parcel, settlement: Settlement) -> trace.Event:
    outcome: Outcome = settlement.outcome
    detail = {"recipient": parcel.recipient.address, "host": outcome.host, "reply": str(outcome.reply)}
    if settlement.state == State.QUEUED:
        detail["next_attempt"] = parcel.next_attempt.isoformat(timespec="seconds")
    # A host is named like `mx.example.org[192.0.2.1]:25` (see deliver_remote.Endpoint).
    keys = trace.keys_of(hosts=outcome.host.replace("]", "[").split("[")[:2])
    return trace.Event(parcel.trace_id, KINDS[settlement.state], parcel.organisation_id, detail, keys)
