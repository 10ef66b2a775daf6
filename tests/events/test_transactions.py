"""A plan runs in one transaction, alike on Django's connection and on a loop, and speaks after COMMIT."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
import redis
import redis.asyncio
from django.conf import settings

from apps.events.changes import Change
from apps.events.database import make_pool
from apps.events.transactions import Database, Plan, Run, perform, query

CHANGE = Change(7, 5, 2**50 + 812)


def rename(old: str, new: str) -> Plan[int]:
    """Rename an organisation and tell."""
    yield Run(
        "INSERT INTO organisations_organisation (name, is_active, created_at) VALUES (%s, true, now())", [old]
    )
    rows = yield from query(
        "UPDATE organisations_organisation SET name=%s WHERE name=%s RETURNING id", [new, old]
    )
    yield CHANGE
    if new == "mallory":
        raise ValueError(new)
    return len(rows)


@pytest.fixture
def hints() -> Iterator[redis.client.PubSub]:
    pubsub = redis.Redis.from_url(settings.REDIS_URL).pubsub()  # type: ignore[no-untyped-call]
    pubsub.subscribe(CHANGE.channel)
    assert pubsub.get_message(timeout=5)
    yield pubsub
    pubsub.close()


def heard(pubsub: redis.client.PubSub) -> Change | None:
    """Return the change if it was heard; other tests speak on this channel, too."""
    while message := pubsub.get_message(timeout=0.5):
        if Change.decode(message["data"]) == CHANGE:
            return CHANGE
    return None


@pytest.mark.django_db(transaction=True)
def test_it_works_on_djangos_connection(hints: redis.client.PubSub) -> None:
    assert perform(rename("a", "b")) == 1
    assert heard(hints) == CHANGE


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_failed_plan_changes_and_says_nothing(hints: redis.client.PubSub) -> None:
    with pytest.raises(ValueError, match="mallory"):
        perform(rename("a", "mallory"))
    assert heard(hints) is None
    assert perform(rename("a", "b")) == 1


@pytest.mark.django_db(transaction=True)
def test_it_works_on_a_loop(hints: redis.client.PubSub) -> None:
    async def main() -> int:
        pool = make_pool(2)
        await pool.open()
        database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
        with pytest.raises(ValueError, match="mallory"):
            await database.perform(rename("a", "mallory"))
        result = await database.perform(rename("c", "d"))
        await pool.close()
        await database.valkey.aclose()
        return result

    assert asyncio.run(main()) == 1
    assert heard(hints) == CHANGE


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_valkey_that_does_not_answer() -> None:
    """Hints are hints: mail is accepted as fast as ever, though the server of hints hangs."""

    async def main(port: int) -> float:
        pool = make_pool(1)
        await pool.open()
        valkey = redis.asyncio.Redis.from_url(f"redis://127.0.0.1:{port}", socket_timeout=5)
        database = Database(pool, valkey)
        begun = asyncio.get_running_loop().time()
        for number in range(5):
            assert await database.perform(rename(f"c{number}", f"d{number}")) == 1
        took = asyncio.get_running_loop().time() - begun
        await valkey.aclose()
        await pool.close()
        return took

    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asyncio.run(main(silent.getsockname()[1])) < 2
