"""Nobody hears 250 before COMMIT; many share one commit; a bad message fails alone."""

import asyncio
import dataclasses
import io
import uuid
from collections.abc import Sequence

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from apps.events import trace
from apps.events.database import connection_arguments
from apps.events.models import MessageEvent
from apps.events.transactions import Database, perform
from apps.mailflow.acceptance import Writer
from apps.mailflow.arrivals import Routed, Transaction
from apps.mailflow.verdicts import Accept, Defer
from apps.protocols.addresses import Address
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.queue.models import Lane, QueuedMessage, QueuedRecipient
from apps.store import blobs
from apps.store.blobs import BlobRef
from tests.mailflow.arrivals import an_arrival, with_writer
from tests.queue.letters import a_tenant, local, remote

pytestmark = pytest.mark.usefixtures("real_database")


def test_it_works() -> None:
    tenant = a_tenant()
    arrival = an_arrival(local(7, tenant), remote("carol@far.example", tenant))

    async def story(writer: Writer, database: Database) -> Accept | Defer:
        return await writer.put(arrival, {"score": 1.5})

    answer = with_writer(story)
    assert isinstance(answer, Accept)
    assert str(answer.reply) == f"250 2.0.0 Queued as {arrival.trace_id.hex}"
    message = QueuedMessage.objects.get(trace_id=arrival.trace_id)
    assert message.verdict == {"score": 1.5}
    assert {r.lane for r in message.recipients.all()} == {Lane.LOCAL, Lane.REMOTE}
    ref = BlobRef(tenant, bytes(message.blob_hash), message.size)
    assert perform(blobs.get(ref)) == arrival.body
    [event] = MessageEvent.objects.filter(trace_id=arrival.trace_id)
    assert (event.kind, event.organisation_id) == (trace.Kind.ACCEPTED, tenant)
    assert event.keys == [
        f"{arrival.trace_id.hex}@far.example", "host:192.0.2.1", "host:far.example", "@far.example", "@example.test",
        "bob@far.example", "alice@example.test", "carol@far.example", "mailbox:7",
    ]  # fmt: skip
    assert event.detail["peer"] == "192.0.2.1"


def test_the_address_the_sender_wrote_is_kept_and_found() -> None:
    tenant = a_tenant()
    alice = local(7, tenant)
    name = f"sales-{uuid.uuid4().hex}@example.test"
    transaction = Transaction(Mail(Address.parse("bob@far.example")), uuid.uuid4())
    for written in ("alice@example.test", name, f"{name[:-13]}+tag@example.test"):
        transaction.take(Rcpt(Address.parse(written)), Routed(Accept(replies.RECIPIENT_OK), (alice,)))
    arrival = dataclasses.replace(an_arrival(*transaction.places.values()), written=transaction.written)

    async def story(writer: Writer, database: Database) -> Accept | Defer:
        return await writer.put(arrival)

    assert isinstance(with_writer(story), Accept)
    told = io.StringIO()
    call_command("trace", name.upper(), stdout=told)
    assert str(arrival.trace_id) in told.getvalue()
    tag = f"{name[:-13]}+tag@example.test"
    assert f"to alice@example.test (written to {name}, {tag})" in told.getvalue()


def test_each_organisation_has_its_own_copy() -> None:
    one, two = a_tenant(), a_tenant()
    arrival = an_arrival(local(7, one), local(8, two, "bob@other.test"))

    async def story(writer: Writer, database: Database) -> Accept | Defer:
        return await writer.put(arrival)

    assert isinstance(with_writer(story), Accept)
    messages = QueuedMessage.objects.filter(trace_id=arrival.trace_id)
    assert {m.organisation_id for m in messages} == {one, two}
    assert all(m.recipients.count() == 1 for m in messages)
    assert MessageEvent.objects.filter(trace_id=arrival.trace_id).count() == 1


def test_what_waits_is_committed_together() -> None:
    tenant = a_tenant()
    arrivals = [an_arrival(local(7, tenant)) for _ in range(300)]

    async def story(writer: Writer, database: Database) -> Sequence[Accept | Defer]:
        return await asyncio.gather(*map(writer.put, arrivals))

    answers = with_writer(story)
    assert all(isinstance(answer, Accept) for answer in answers)
    assert QueuedRecipient.objects.filter(message__organisation_id=tenant).count() == 300
    with connection.cursor() as cursor:
        # A row remembers the transaction that wrote it.
        cursor.execute(
            "SELECT count(DISTINCT xmin::text) FROM queue_message WHERE organisation_id = %s", [tenant]
        )
        [transactions] = cursor.fetchone()
    assert 2 <= transactions <= 4


def test_a_bad_message_fails_alone() -> None:
    tenant = a_tenant()
    good = [an_arrival(local(7, tenant)) for _ in range(3)]
    # A NUL is the one character PostgreSQL's text cannot hold.
    bad = dataclasses.replace(an_arrival(local(7, tenant, "al\0ice@example.test")), envelope=good[0].envelope)

    async def story(writer: Writer, database: Database) -> Sequence[Accept | Defer]:
        return await asyncio.gather(*map(writer.put, [good[0], bad, *good[1:]]))

    answers = with_writer(story)
    assert [type(answer) for answer in answers] == [Accept, Defer, Accept, Accept]
    assert str(answers[1].reply).startswith("451 4.3.0")
    assert QueuedMessage.objects.filter(organisation_id=tenant).count() == 3


def test_a_large_message_is_kept_outside_the_row() -> None:
    import os

    tenant = a_tenant()
    arrival = an_arrival(local(7, tenant), body=b"Subject: big\r\n\r\n" + os.urandom(200_000).hex().encode())

    async def story(writer: Writer, database: Database) -> Accept | Defer:
        return await writer.put(arrival)

    assert isinstance(with_writer(story), Accept)
    message = QueuedMessage.objects.get(trace_id=arrival.trace_id)
    assert perform(blobs.get(BlobRef(tenant, bytes(message.blob_hash), message.size))) == arrival.body


def test_a_connection_that_breaks_during_the_commit_is_asked_again() -> None:
    tenant = a_tenant()
    arrivals = [an_arrival(local(7, tenant)) for _ in range(20)]

    async def story(writer: Writer, database: Database) -> Sequence[Accept | Defer]:
        await writer.put(an_arrival(local(7, tenant)))
        putting = asyncio.gather(*map(writer.put, arrivals))
        async with await psycopg.AsyncConnection.connect(**connection_arguments()) as other:
            for _ in range(20):
                await other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%queue_message%'"
                )
                await asyncio.sleep(0.005)
        return await putting

    answers = with_writer(story, doubt_seconds=10.0)
    assert all(isinstance(answer, Accept) for answer in answers)
    for arrival in arrivals:
        assert QueuedMessage.objects.filter(trace_id=arrival.trace_id).count() == 1


def test_a_writer_that_closes_writes_what_waits_and_takes_nothing_more() -> None:
    tenant = a_tenant()

    async def story(writer: Writer, database: Database) -> Sequence[Accept | Defer]:
        waiting = [asyncio.create_task(writer.put(an_arrival(local(7, tenant)))) for _ in range(5)]
        await asyncio.sleep(0)
        writer.close()
        return [*await asyncio.gather(*waiting), await writer.put(an_arrival(local(7, tenant)))]

    answers = with_writer(story)
    assert [type(answer) for answer in answers] == [Accept] * 5 + [Defer]
    assert str(answers[-1].reply).startswith("421")
