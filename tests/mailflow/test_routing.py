"""Those who ask at the same moment are answered by one statement, and nobody's leaving hurts the others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import psycopg
import pytest
import redis.asyncio
from django.conf import settings
from pytest_django import DjangoDbBlocker

from apps.events.database import make_pool
from apps.events.transactions import Database
from apps.mailboxes.models import Mailbox
from apps.mailboxes.sql import Leads, Place
from apps.mailflow.routing import Router, Routing, remote
from apps.protocols.addresses import Address
from apps.protocols.smtp.commands import Rcpt
from apps.queue.models import Lane
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def alice(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Mailbox]:
    with django_db_blocker.unblock():
        alice = factories.a_mailbox("alice", quota_bytes=1000)
        factories.an_alias("team", str(alice), "bob@elsewhere.example", domain=alice.domain)
        yield alice


def run(story: Callable[[Router], Awaitable[None]]) -> None:
    async def main() -> None:
        async with (
            make_pool(2) as pool,
            redis.asyncio.Redis.from_url(settings.REDIS_URL) as valkey,
        ):
            await asyncio.wait_for(story(Router(Database(pool, valkey))), 10)

    asyncio.run(main())


def test_it_works(alice: Mailbox) -> None:
    async def story(router: Router) -> None:
        addresses = [
            Address.parse(text)
            for text in (
                str(alice).upper(),
                f"team@{alice.domain}",
                f"nobody@{alice.domain}",
                "x@elsewhere.example",
            )
        ]
        here, team, nobody, elsewhere = await asyncio.gather(*map(router.route, addresses))
        assert [here.leads, team.leads, nobody.leads, elsewhere.leads] == [
            Leads.HERE,
            Leads.HERE,
            Leads.UNKNOWN,
            Leads.ELSEWHERE,
        ]
        (recipient,) = here.recipients(Rcpt(addresses[0], "NEVER", "rfc822;a"))
        assert (recipient.lane, recipient.mailbox_id, recipient.notify) == (Lane.LOCAL, alice.id, "NEVER")
        lanes = {recipient.address: recipient.lane for recipient in team.recipients(Rcpt(addresses[1]))}
        assert lanes == {str(alice): Lane.LOCAL, "bob@elsewhere.example": Lane.REMOTE}

    run(story)


def test_who_leaves_takes_no_answer_from_the_others(alice: Mailbox) -> None:
    async def story(router: Router) -> None:
        address = Address.parse(str(alice))
        first, second = (asyncio.create_task(router.route(address)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).leads == Leads.HERE
        assert (await router.route(address)).leads == Leads.HERE

    run(story)


def test_a_database_that_is_away_is_told_to_everyone_who_asked(alice: Mailbox) -> None:
    async def story(router: Router) -> None:
        await router._database.pool.close()
        answers = await asyncio.gather(
            *(router.route(Address.parse(f"{name}@{alice.domain}")) for name in ("a", "b")),
            return_exceptions=True,
        )
        assert all(isinstance(answer, psycopg.OperationalError) for answer in answers)

    run(story)


def test_queued_bytes_take_room(alice: Mailbox) -> None:
    async def story(router: Router) -> None:
        places = (await router.route(Address.parse(str(alice)))).places
        assert Routing(Leads.HERE, places, {}).has_room(1000)
        assert not Routing(Leads.HERE, places, {}).has_room(1001)
        assert not Routing(Leads.HERE, places, {alice.id: 999}).has_room(2)
        assert not Routing(Leads.HERE, places, {alice.id: 1000}).has_room(0)

    run(story)


def test_a_full_organisation_takes_all_room() -> None:
    alice = Place("alice@example.test", 1, 1, quota_bytes=1000, over="organisation")
    full = Routing(Leads.HERE, (alice, Place("bob@example.test", 2, 1)), {})
    assert not full.has_room(0)
    assert full.over == "organisation"


def test_a_remote_recipient_travels_on_its_senders_account() -> None:
    recipient = remote(Rcpt(Address.parse("Bob@Elsewhere.Example")), 7)
    assert (recipient.address, recipient.domain, recipient.organisation_id) == (
        "Bob@elsewhere.example",
        "elsewhere.example",
        7,
    )
