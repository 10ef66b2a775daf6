"""Parcels are leased, settled by whoever holds the lease, and never lost between two workers."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.protocols.smtp.replies import OK, Reply
from apps.queue import operators, services
from apps.queue.couriers import Deferred, Delivered, Failed, Outcome
from apps.queue.models import Attempt, Lane, QueuedMessage, QueuedRecipient, State
from apps.queue.services import Settlement
from tests.queue.letters import a_tenant, addresses, claim, local, queue, remote

pytestmark = pytest.mark.usefixtures("real_database")
LATER = Reply(451, "4.7.1", "Greylisted")
NEVER = Reply(550, "5.1.1", "No such user")


@pytest.fixture(autouse=True)
def _empty_queue(real_database: None) -> None:
    QueuedRecipient.objects.all().delete()


def settle(owner: str, *outcomes: tuple[int, Outcome], is_last: bool = False) -> set[int]:
    return perform(services.settle([Settlement(i, outcome, is_last) for i, outcome in outcomes], owner))


def lapse(*ids: int) -> None:
    """Let leases end."""
    QueuedRecipient.objects.filter(id__in=ids).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_works() -> None:
    tenant = a_tenant()
    [row] = queue(local(7, tenant))
    [parcel] = claim(Lane.LOCAL, "w1")
    assert (parcel.id, parcel.attempts, parcel.recipient.mailbox_id) == (row.id, 1, 7)
    assert parcel.envelope.sender == "bob@example.test"
    assert parcel.prefix.startswith(b"Received:")
    assert settle("w1", (parcel.id, Delivered(OK))) == {parcel.id}
    row.refresh_from_db()
    assert (row.state, row.lease_owner, row.last_reply) == (State.DELIVERED, None, str(OK))
    assert row.finished_at is not None
    assert Attempt.objects.get(recipient=row).outcome == "delivered"


def test_what_is_leased_is_not_claimed_again_until_the_lease_ends() -> None:
    [row] = queue(local(7, a_tenant()))
    assert len(claim(Lane.LOCAL, "w1")) == 1
    assert claim(Lane.LOCAL, "w2") == []
    lapse(row.id)
    [again] = claim(Lane.LOCAL, "w2")
    assert again.attempts == 2
    # The first worker wakes up late: nothing is its any more.
    assert settle("w1", (row.id, Delivered(OK))) == set()
    assert settle("w2", (row.id, Delivered(OK))) == {row.id}


def test_a_lease_can_be_renewed_and_given_back() -> None:
    [row] = queue(local(7, a_tenant()))
    claim(Lane.LOCAL, "w1")
    lapse(row.id)
    perform(services.renew([row.id], "w1"))
    assert claim(Lane.LOCAL, "w2") == []
    perform(services.give_back([row.id], "w2"))
    assert claim(Lane.LOCAL, "w2") == []
    perform(services.give_back([row.id], "w1"))
    assert [parcel.attempts for parcel in claim(Lane.LOCAL, "w2")] == [1]


def test_two_workers_share_the_queue_without_waiting_for_each_other() -> None:
    tenant = a_tenant()
    for _ in range(30):
        queue(local(7, tenant), local(8, tenant, "bob@example.test"))
    claimed: list[list[int]] = [[], []]

    def work(mine: list[int], owner: str) -> None:
        while parcels := claim(Lane.LOCAL, owner, limit=7):
            mine.extend(parcel.id for parcel in parcels)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(mine, f"w{n}")) for n, mine in enumerate(claimed)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed[0]) + len(claimed[1]) == 60
    assert set(claimed[0]).isdisjoint(claimed[1])


def test_the_urgent_come_first() -> None:
    tenant = a_tenant()
    queue(local(7, tenant, "slow@example.test"))
    queue(local(7, tenant, "urgent@example.test"), priority=1)
    assert addresses(claim(Lane.LOCAL, "w1", limit=1)) == ["urgent@example.test"]


def test_the_next_attempt_is_written_at_claiming_by_the_schedule() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))
    delays = [timedelta(minutes=10), timedelta(hours=1)]
    for n, minutes in enumerate((10, 60, 60), 1):
        [parcel] = claim(Lane.REMOTE, "w1", delays=delays)
        assert parcel.attempts == n
        wait = (parcel.next_attempt - timezone.now()).total_seconds() / 60
        assert minutes - 1 < wait < minutes * 1.2
        settle("w1", (row.id, Deferred(LATER)))
        assert claim(Lane.REMOTE, "w1") == []
        assert [changed.id for changed in operators.retry_now([row.id], actor=SYSTEM)] == [row.id]


def test_the_last_attempt_is_at_the_end_of_the_lifetime() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()), age=timedelta(days=5) - timedelta(minutes=30))
    [parcel] = claim(Lane.REMOTE, "w1", delays=[timedelta(hours=4)])
    assert parcel.next_attempt == parcel.accepted_at + timedelta(days=5)
    assert settle("w1", (row.id, Deferred(LATER)), is_last=True) == {row.id}
    row.refresh_from_db()
    assert row.state == State.EXPIRED


def test_a_remote_that_names_a_time_is_asked_then() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))
    claim(Lane.REMOTE, "w1")
    settle("w1", (row.id, Deferred(LATER, retry_after=timedelta(hours=9))))
    row.refresh_from_db()
    assert timedelta(hours=8) < row.next_attempt - timezone.now() < timedelta(hours=10)


def test_one_destination_does_not_keep_the_others_waiting() -> None:
    tenant = a_tenant()
    queue(*(remote(f"user{n}@big.example", tenant) for n in range(300)))
    queue(remote("carol@small.example", tenant))
    parcels = claim(Lane.REMOTE, "w1", limit=40, each=20, after="big.example")
    assert "carol@small.example" in addresses(parcels)
    assert addresses(parcels).count("carol@small.example") == 1
    assert len(parcels) == 21
    # Those in flight are left out; so is a destination that is busy.
    assert claim(Lane.REMOTE, "w2", limit=40, each=20, busy=["big.example"]) == []


def test_a_refusal_is_the_end() -> None:
    [row] = queue(remote("carol@far.example", a_tenant()))
    claim(Lane.REMOTE, "w1")
    settle("w1", (row.id, Failed(NEVER, "mx.far.example")))
    row.refresh_from_db()
    assert row.state == State.FAILED
    attempt = Attempt.objects.get(recipient=row)
    assert (attempt.outcome, attempt.host, attempt.reply) == ("failed", "mx.far.example", str(NEVER))


def test_operators_hold_release_and_cancel() -> None:
    tenant = a_tenant()
    rows = [queue(local(7, tenant))[0] for _ in range(3)]
    ids = [row.id for row in rows]
    in_hand = claim(Lane.LOCAL, "w1", limit=1)[0].id
    waiting = [i for i in ids if i != in_hand]
    assert sorted(c.id for c in operators.hold(ids, why="looking into it", actor=SYSTEM)) == waiting
    assert claim(Lane.LOCAL, "w2") == []
    assert sorted(c.id for c in operators.release(waiting[:1], actor=SYSTEM)) == waiting[:1]
    assert [parcel.id for parcel in claim(Lane.LOCAL, "w2")] == waiting[:1]
    assert [c.id for c in operators.cancel(ids, why="unwanted", actor=SYSTEM)] == waiting[1:]
    assert QueuedRecipient.objects.get(id=waiting[1]).state == State.FAILED


def test_poison_waits_for_an_operator() -> None:
    [row] = queue(local(7, a_tenant()))
    claim(Lane.LOCAL, "w1")
    assert perform(services.set_aside([row.id], "w1", "ValueError")) == {row.id}
    assert claim(Lane.LOCAL, "w1") == []
    assert perform(services.forget(timedelta(0), 100)) == 0
    operators.release([row.id], actor=SYSTEM)
    assert [parcel.attempts for parcel in claim(Lane.LOCAL, "w1")] == [1]


def test_queued_bytes_count_what_waits_and_what_is_held() -> None:
    tenant = a_tenant()
    first, second, third = (queue(local(70001, tenant))[0] for _ in range(3))
    operators.hold([second.id], why="", actor=SYSTEM)
    operators.cancel([third.id], why="", actor=SYSTEM)
    assert perform(services.queued_bytes([70001, 70002])) == {70001: 2 * first.size}


def test_what_ended_is_forgotten_and_the_message_with_its_last_recipient() -> None:
    tenant = a_tenant()
    done, waiting = queue(local(7, tenant), remote("carol@far.example", tenant))
    claim(Lane.LOCAL, "w1")
    settle("w1", (done.id, Delivered(OK)))
    assert perform(services.forget(timedelta(days=1), 100)) == 0
    assert perform(services.forget(timedelta(0), 100)) == 1
    assert QueuedMessage.objects.filter(id=waiting.message_id).exists()
    claim(Lane.REMOTE, "w1")
    settle("w1", (waiting.id, Delivered(OK)))
    assert perform(services.forget(timedelta(0), 100)) == 1
    assert not QueuedMessage.objects.filter(id=waiting.message_id).exists()


def test_a_dead_workers_local_parcels_are_free_at_once() -> None:
    [row] = queue(local(7, a_tenant()))
    with psycopg.connect(**connection.get_connection_params()) as other:
        [(owner,)] = other.execute("SELECT pid || ':' || extract(epoch FROM backend_start) FROM pg_stat_activity "
                                   "WHERE pid = pg_backend_pid()").fetchall()  # fmt: skip
        claim(Lane.LOCAL, owner)
        perform(services.take_over())
        assert claim(Lane.LOCAL, "w2") == []
    for _ in range(100):
        perform(services.take_over())
        if parcels := claim(Lane.LOCAL, perform(services.session())):
            break
    assert [parcel.id for parcel in parcels] == [row.id]
