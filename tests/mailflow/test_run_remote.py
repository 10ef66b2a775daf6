"""Remote parcels: the next attempt is written before anyone dials, and what happened is settled once."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from apps.domains.resolver import Resolver
from apps.events.database import connection_arguments
from apps.events.models import MessageEvent
from apps.events.transactions import Database, Plan, perform
from apps.mailflow.deliver_remote import RemoteCourier
from apps.mailflow.next_hops import NextHops
from apps.mailflow.run_queue import LOAD, PER_DESTINATION, Turn, run_remote
from apps.protocols.smtp.replies import Reply
from apps.protocols.smtp.routes import parse_routes
from apps.queue.couriers import Carried, Courier, Deferred, Failed, Outcome, Parcel
from apps.queue.models import Attempt, Lane, QueuedMessage, QueuedRecipient, State
from apps.store import blobs
from tests.doubles import TAKEN, FakeCourier
from tests.factories import a_mailbox
from tests.mailflow.arrivals import a_database
from tests.queue.letters import a_letter, a_tenant, claim, queue, remote
from tests.smtp_sink import sinking

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
GREYLISTED = Deferred(Reply(451, "4.7.1", "Greylisted"), "mx.far.example")
NO_SUCH = Failed(Reply(550, "5.1.1", "No such person"), "mx.far.example")


@pytest.fixture(autouse=True)
def _empty_queue(real_database: None) -> None:
    QueuedRecipient.objects.all().delete()


def carry(
    courier: Courier,
    *,
    seconds: float = 30,
    stop: Callable[[], bool] = lambda: False,
    beside: Callable[[Database], Awaitable[None]] | None = None,
) -> int:
    async def main() -> int:
        async with a_database() as database:
            turn = Turn(time.monotonic, time.monotonic() + seconds, stop)
            aside = asyncio.ensure_future(beside(database)) if beside else None
            settled = await run_remote(
                courier, database, owner=uuid.uuid4().hex, turn=turn, now=lambda: datetime.now(UTC)
            )
            if aside:
                await aside
            return settled

    return asyncio.run(main())


async def aside[T](ask: Callable[[], T]) -> T:
    """Ask the ORM from a loop."""

    def ask_and_close() -> T:
        try:
            return ask()
        finally:
            connections.close_all()

    return await asyncio.to_thread(ask_and_close)


def test_it_works_with_a_real_server() -> None:
    tenant = a_tenant()
    rows = queue(*(remote(f"user{n}@far.example", tenant) for n in range(3)))

    async def main(port: int) -> int:
        async with a_database() as database:

            async def load(parcel: Parcel) -> bytes:
                ref = blobs.BlobRef(parcel.organisation_id, parcel.blob_hash, parcel.size)
                return parcel.prefix + await database.perform(blobs.get(ref))

            routes = parse_routes(f"*=127.0.0.1:{port}")
            courier = RemoteCourier(NextHops(Resolver(), "mail.example.test", routes), load)
            turn = Turn(time.monotonic, time.monotonic() + 30, lambda: False)
            return await run_remote(courier, database, owner="w1", turn=turn, now=lambda: datetime.now(UTC))

    with sinking() as (sink, port):
        assert asyncio.run(main(port)) == 3
    [taken] = sink.taken
    assert taken.recipients == [row.address for row in rows]
    assert taken.data.startswith(b"Received: from there\r\n")
    assert {r.state for r in QueuedRecipient.objects.filter(id__in=[row.pk for row in rows])} == {
        State.DELIVERED
    }
    kinds = MessageEvent.objects.filter(trace_id=rows[0].message.trace_id).values_list("kind", flat=True)
    assert list(kinds) == ["delivered"] * 3
    assert Attempt.objects.filter(recipient=rows[0]).get().reply.startswith("250")


def test_the_next_attempt_is_written_before_dialling() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))
    seen: list[datetime] = []

    class Looking(FakeCourier):
        async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
            fresh = await aside(lambda: QueuedRecipient.objects.get(id=row.pk))
            seen.append(fresh.next_attempt)
            yield [(parcel, GREYLISTED) for parcel in parcels]

    assert carry(Looking()) == 1
    assert seen[0] > timezone.now() + timedelta(minutes=4)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.next_attempt) == (State.QUEUED, 1, seen[0])
    event = MessageEvent.objects.get(trace_id=row.message.trace_id)
    assert event.detail["next_attempt"] == seen[0].isoformat(timespec="seconds")


def test_a_refusal_is_reported_to_our_sender() -> None:
    bob = a_mailbox("bob")
    [message_id] = perform(a_letter(remote("carol@far.example", bob.domain.organisation_id), sender=str(bob)))
    trace_id = QueuedMessage.objects.get(id=message_id).trace_id
    assert carry(FakeCourier(lambda _: NO_SUCH)) == 1
    [report] = QueuedRecipient.objects.filter(mailbox_id=bob.pk)
    assert (report.lane, report.message.sender) == (Lane.LOCAL, "")
    kinds = MessageEvent.objects.filter(trace_id=trace_id).order_by("at", "id").values_list("kind", flat=True)
    assert list(kinds) == ["failed", "bounced"]


def test_what_was_tried_for_as_long_as_we_promise_expires() -> None:
    bob = a_mailbox("bob")
    [message_id] = perform(
        a_letter(
            remote("carol@far.example", bob.domain.organisation_id), sender=str(bob), age=timedelta(days=6)
        )
    )
    assert carry(FakeCourier(lambda _: GREYLISTED)) == 1
    assert QueuedRecipient.objects.get(message_id=message_id).state == State.EXPIRED
    assert QueuedRecipient.objects.filter(mailbox_id=bob.pk).count() == 1


def test_a_report_that_cannot_be_written_does_not_undo_the_settling() -> None:
    bob = a_mailbox("bob")
    [message_id] = perform(a_letter(remote("carol@far.example", bob.domain.organisation_id), sender=str(bob)))
    QueuedMessage.objects.filter(id=message_id).update(blob_hash=bytes(32))
    assert carry(FakeCourier(lambda _: NO_SUCH)) == 1
    assert QueuedRecipient.objects.get(message_id=message_id).state == State.FAILED


def test_a_courier_that_breaks_defers() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))

    def fail(_: Parcel) -> Outcome:
        raise ZeroDivisionError

    assert carry(FakeCourier(fail)) == 1
    row.refresh_from_db()
    assert (row.state, row.last_reply[:9]) == (State.QUEUED, "451 4.3.0")


def test_conversations_are_bounded_and_messages_kept_whole() -> None:
    tenant = a_tenant()
    for _ in range(3 * LOAD):
        queue(remote("carol@big.example", tenant), remote("dave@big.example", tenant))
    queue(*(remote(f"user{n}@list.example", tenant) for n in range(LOAD + 10)))
    queue(remote("carol@small.example", tenant))
    courier = FakeCourier(seconds=0.05)
    assert carry(courier) == 6 * LOAD + LOAD + 10 + 1
    assert max(courier.most.values()) <= PER_DESTINATION
    assert len([load for load in courier.carried if load[0].recipient.domain == "list.example"]) == 1
    of_big = [load for load in courier.carried if load[0].recipient.domain == "big.example"]
    assert all(len({p.recipient.domain for p in load}) == 1 for load in of_big)
    assert len({p.id for load in courier.carried for p in load}) == sum(map(len, courier.carried))


def test_a_slow_host_keeps_nobody_else_waiting() -> None:
    tenant = a_tenant()
    queue(remote("carol@slow.example", tenant))

    class Uneven(FakeCourier):
        async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
            self.seconds = 3.0 if parcels[0].recipient.domain == "slow.example" else 0.0
            async for carried in FakeCourier.deliver(self, parcels):
                yield carried

    async def later(database: Database) -> None:
        await courier.called.wait()
        await asyncio.sleep(0.5)  # The turn is over, and the slow host still talks.
        await database.perform(a_letter(remote("dave@quick.example", tenant)))
        await asyncio.sleep(1.5)
        assert await aside(lambda: QueuedRecipient.objects.filter(state=State.DELIVERED).count()) == 1

    courier = Uneven()
    assert carry(courier, seconds=0.3, beside=later) == 2


def test_through_a_smarthost_domains_share_conversations() -> None:
    tenant = a_tenant()
    for n in range(12):
        queue(remote(f"carol@d{n}.example", tenant))
    courier = FakeCourier(smarthost="relay:25")
    assert carry(courier) == 12
    assert len(courier.carried) == 1


def test_being_told_to_stop_gives_back_what_was_not_begun() -> None:
    tenant = a_tenant()
    for _ in range(10 * LOAD):
        queue(remote("carol@big.example", tenant))
    begun = time.monotonic()
    courier = FakeCourier(seconds=1.0)
    settled = carry(courier, stop=lambda: time.monotonic() > begun + 0.5)
    assert settled == sum(map(len, courier.carried)) == PER_DESTINATION * LOAD
    assert time.monotonic() - begun < 5
    left = QueuedRecipient.objects.filter(state=State.QUEUED)
    assert {(r.attempts, r.lease_owner) for r in left} == {(0, None)}
    assert len(claim(Lane.REMOTE, "w2", limit=1000, each=1000)) == len(left)


def test_settling_waits_for_a_database_that_is_away() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))

    async def cut(database: Database) -> None:
        await courier.called.wait()
        async with await psycopg.AsyncConnection.connect(**connection_arguments()) as other:
            for _ in range(30):
                await other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                await asyncio.sleep(0.05)

    courier = FakeCourier(seconds=0.3)
    # Where the connection ends between COMMIT and its answer, it is not counted.
    assert carry(courier, beside=cut) <= 1
    assert len(courier.carried) == 1
    connections.close_all()
    assert is_delivered_once(row)


def is_delivered_once(row: QueuedRecipient) -> bool:
    row.refresh_from_db()
    events = MessageEvent.objects.filter(trace_id=row.message.trace_id)
    return row.state == State.DELIVERED and [event.kind for event in events] == ["delivered"]


def test_settling_whose_answer_is_lost_is_done_once() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))

    class Deaf(Database):
        lost = 0

        async def perform[T](self, plan: Plan[T]) -> T:
            result = await super().perform(plan)
            if getattr(plan, "__name__", "") == "settle" and not self.lost:
                self.lost += 1
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return result

    async def main() -> int:
        async with a_database() as whole:
            deaf = Deaf(whole.pool, whole.valkey)
            turn = Turn(time.monotonic, time.monotonic() + 30, lambda: False)
            settled = await run_remote(courier, deaf, owner="w1", turn=turn, now=lambda: datetime.now(UTC))
            assert deaf.lost == 1
            return settled

    courier = FakeCourier()
    assert asyncio.run(main()) == 0
    assert len(courier.carried) == 1
    assert is_delivered_once(row)


def test_a_worker_that_lost_its_lease_settles_nothing() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))

    class Slow(FakeCourier):
        async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
            await aside(lambda: QueuedRecipient.objects.filter(id=row.pk).update(lease_owner="another"))
            yield [(parcel, TAKEN) for parcel in parcels]

    assert carry(Slow()) == 0
    row.refresh_from_db()
    assert row.state == State.QUEUED
    assert not MessageEvent.objects.filter(trace_id=row.message.trace_id).exists()


def test_what_a_server_took_is_settled_before_the_next_is_sent() -> None:
    """A worker that is stopped or dies in the middle of a conversation sends nothing again that was taken."""
    tenant = a_tenant()
    queue(remote("carol@far.example", tenant))
    queue(remote("dave@far.example", tenant))
    begun = time.monotonic()

    class Hanging(FakeCourier):
        async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
            yield [(parcels[0], TAKEN)]
            self.called.set()
            await asyncio.sleep(60)

    courier = Hanging()
    assert carry(courier, stop=courier.called.is_set) == 1
    assert time.monotonic() - begun < 10
    states = QueuedRecipient.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [State.DELIVERED, State.QUEUED]


def test_a_courier_that_breaks_later_keeps_what_it_told() -> None:
    tenant = a_tenant()
    queue(remote("carol@far.example", tenant))
    queue(remote("dave@far.example", tenant))

    class Breaking(FakeCourier):
        async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
            yield [(parcels[0], TAKEN)]
            raise ZeroDivisionError

    assert carry(Breaking()) == 2
    states = QueuedRecipient.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [State.DELIVERED, State.QUEUED]
