"""Limits are shared by processes through Valkey, and survive its absence."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import redis.asyncio
from django.conf import settings

from apps.mailflow.rate import Rate, Rates, network

NOW = 1_000_000.0


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


def run(story: Callable[[redis.asyncio.Redis], Awaitable[None]], url: str = "") -> None:
    async def main() -> None:
        async with redis.asyncio.Redis.from_url(url or settings.REDIS_URL) as valkey:
            await story(valkey)

    asyncio.run(main())


def a_rate(most: int, window: int = 60) -> Rate:
    return Rate(f"test-{uuid.uuid4()}", most, window)


def test_it_works() -> None:
    async def story(valkey: redis.asyncio.Redis) -> None:
        clock, rate = Clock(), a_rate(3)
        rates = Rates(valkey, now=clock)
        assert [rates.allows(rate, "mallory") for _ in range(5)] == [True] * 3 + [False] * 2
        assert rates.allows(rate, "alice")
        clock.time += 60
        assert rates.allows(rate, "mallory")
        assert not rates.allows(rate, "mallory", 3)

    run(story)


def test_processes_share_their_counts() -> None:
    async def story(valkey: redis.asyncio.Redis) -> None:
        rate = a_rate(4)
        one, other = Rates(valkey, now=Clock()), Rates(valkey, now=Clock())
        assert one.allows(rate, "mallory", 3)
        assert other.allows(rate, "mallory")
        await one.sync()
        await other.sync()
        assert not other.allows(rate, "mallory")
        await one.sync()
        assert one.allows(rate, "mallory"), "its own count was all it knew of"
        await one.sync()
        assert not one.allows(rate, "mallory")

    run(story)


def test_without_valkey_each_process_counts_alone() -> None:
    async def story(valkey: redis.asyncio.Redis) -> None:
        rates, rate = Rates(valkey, now=Clock()), a_rate(2)
        assert rates.allows(rate, "mallory")
        await rates.sync()
        assert rates.allows(rate, "mallory")
        assert not rates.allows(rate, "mallory")

    run(story, "redis://127.0.0.1:1/0")


def test_windows_that_are_over_are_forgotten() -> None:
    async def story(valkey: redis.asyncio.Redis) -> None:
        clock, rate = Clock(), a_rate(2)
        rates = Rates(valkey, now=clock)
        rates.allows(rate, "mallory")
        clock.time += 120
        await rates.sync()
        assert not rates._counts

    run(story)


def test_no_limit_is_no_limit() -> None:
    async def story(valkey: redis.asyncio.Redis) -> None:
        rates = Rates(valkey, now=Clock())
        assert all(rates.allows(Rate("none", 0, 60), "mallory") for _ in range(100))

    run(story)


def test_strangers_are_counted_by_network_and_ourselves_not_at_all() -> None:
    assert network("192.0.2.77") == "192.0.2.0/24"
    assert network("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert network("2001:db8::1:2:3:4") == "2001:db8::/64"
    assert network("127.0.0.1") == network("::1") == network("") == ""
