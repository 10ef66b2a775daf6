"""A verdict is awaited before the 250: it comes, it is late, nobody is there, Valkey is gone."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from django.conf import settings

from apps.events.audit import SYSTEM
from apps.events.valkey import sync_client
from apps.mailflow import filtering, policy, scan, scanning
from apps.mailflow.scan import ALIVE, Scanner
from apps.spam.envelopes import Envelope
from apps.spam.lists import Effect, Subject
from apps.spam.scopes import Scope
from apps.spam.services import senders
from tests.factories import a_mailbox

pytestmark = pytest.mark.usefixtures("real_database")
BODY = b"From: bob@sender.example\r\nSubject: hello\r\n\r\nhello\r\n"
CAME = Envelope("bob@sender.example", address="192.0.2.7")

type Send = Callable[[list[str], float], None]


def at_once(keys: list[str], seconds: float) -> None:
    threading.Thread(target=scanning.scan, args=(sync_client(), keys)).start()


def nowhere(keys: list[str], seconds: float) -> None:
    """Hand over to a worker that dies."""


@asynccontextmanager
async def scanner(
    send: Send = at_once, *, seconds: float = 5, url: str = "", beats: bool = True
) -> AsyncIterator[Scanner]:
    valkey = redis.asyncio.Redis.from_url(
        url or settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=1
    )
    if beats:
        sync_client().set(ALIVE, f"one {time.monotonic()}", ex=30)
    else:
        sync_client().delete(ALIVE)
    one = Scanner(valkey, seconds=seconds, send=send)
    running = asyncio.create_task(one.run())
    for _ in range(50):
        if one.is_served or not beats:
            break
        await asyncio.sleep(0.02)
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await valkey.aclose()
        sync_client().delete(ALIVE)


def test_it_works() -> None:
    alice, bob = a_mailbox("alice"), a_mailbox("bob")
    senders.add_entry(
        scope=Scope(bob), effect=Effect.BLOCK, subject=Subject.DOMAIN, pattern="sender.example", actor=SYSTEM
    )

    filtering.warm_up()

    async def ask() -> None:
        async with scanner(seconds=60) as one:
            many = [one.verdict(BODY, CAME, [alice.pk, bob.pk]) for _ in range(30)]
            for verdict in await asyncio.gather(*many):
                assert verdict is not None
                assert {number: told["action"] for number, told in verdict["to"].items()} == {
                    str(alice.pk): "inbox",
                    str(bob.pk): "refuse",
                }
                assert policy.unwanted(verdict, [alice.pk, bob.pk]) is None
                refusal = policy.unwanted(verdict, [bob.pk])
                assert refusal is not None
                assert str(refusal.reply).startswith("554 5.7.1 ")

    asyncio.run(ask())
    assert not list(sync_client().scan_iter("scan:mail:*"))


def test_nobody_is_there() -> None:
    async def ask() -> None:
        async with scanner(beats=False) as one:
            began = time.monotonic()
            assert await one.verdict(BODY, CAME, []) is None
            assert time.monotonic() - began < 0.1

    asyncio.run(ask())


def test_a_worker_that_died_is_waited_for_once() -> None:
    async def ask() -> None:
        async with scanner(nowhere, seconds=0.3) as one:
            assert await one.verdict(BODY, CAME, []) is None
            began = time.monotonic()
            assert await one.verdict(BODY, CAME, []) is None
            assert time.monotonic() - began < 0.1
            # Another one comes, which is heard within a second.
            sync_client().set(ALIVE, "another", ex=30)
            await asyncio.sleep(1.3)
            assert one.is_served

    asyncio.run(ask())


def test_what_came_too_late_is_not_judged() -> None:
    taken: list[str] = []

    async def ask() -> None:
        async with scanner(lambda keys, _: taken.extend(keys), seconds=0.2) as one:
            assert await one.verdict(BODY, CAME, []) is None

    asyncio.run(ask())
    time.sleep(1.2)
    assert scanning.scan(sync_client(), taken) == 0


def test_valkey_is_gone() -> None:
    async def ask() -> None:
        async with scanner(url="redis://127.0.0.1:1/0", beats=False) as one:
            assert await one.verdict(BODY, CAME, []) is None
        async with scanner() as one:
            one._valkey = redis.asyncio.Redis.from_url("redis://127.0.0.1:1/0")
            began = time.monotonic()
            assert await one.verdict(BODY, CAME, []) is None
            assert time.monotonic() - began < 2

    asyncio.run(ask())


def test_a_large_message_is_left_to_the_courier() -> None:
    async def ask() -> None:
        async with scanner() as one:
            assert await one.verdict(b"x" * (scan.MOST_BYTES + 1), CAME, []) is None

    asyncio.run(ask())


def test_ten_megabytes_of_html_are_judged_in_time() -> None:
    body = b"From: bob@sender.example\r\nContent-Type: text/html\r\n\r\n<p " + b"a" * 10_000_000
    began = time.monotonic()
    verdict = filtering.judge(body, CAME, [])
    assert time.monotonic() - began < 4
    assert verdict["action"] == "inbox"


def test_who_waits_for_nothing_hears_nothing() -> None:
    async def ask() -> None:
        async with scanner() as one:
            one._answered(b"garbage")
            one._answered(b'{"key": "unknown", "verdict": null}')
            assert await one.verdict(BODY, CAME, []) is not None

    asyncio.run(ask())
