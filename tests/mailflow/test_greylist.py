"""Doubtful mail of strangers is asked for once more; clean, known and vouched for mail never waits, nor does a dead Valkey."""

import asyncio
import itertools
import os
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings

from apps.mailflow.greylist import LEAST_SECONDS, Greylist

_numbers = itertools.count()
NO_ONE_VOUCHES: dict[str, Any] = {"spf": {"result": "none"}, "dmarc": {"result": "none"}}


def verdict(score: float, *symbols: list[Any], **more: object) -> dict[str, Any]:
    return {"score": score, "symbols": [*symbols], **more}


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def ask(*times: float, url: str = "", score: float = 4, **more: Any) -> list[bool]:
    """Say for each of these seconds whether a message that comes then is to come again."""
    clock, domain = Clock(), more.pop("domain", f"d{os.getpid()}-{next(_numbers)}.example")
    told = more.pop("verdict", verdict(score))
    about = {"address": "192.0.2.7", "sender": f"bob@{domain}", "checks": NO_ONE_VOUCHES, **more}
    mailboxes = about.pop("mailboxes", [1])

    async def run() -> list[bool]:
        valkey = redis.asyncio.Redis.from_url(url or settings.REDIS_URL)
        grey = Greylist(valkey, window=(2, 9), now=clock)
        found = []
        for second in times:
            clock.now = 1_000_000 + second
            found.append(await grey.delays(told, mailboxes, **about))
        await valkey.aclose()
        return found

    return asyncio.run(run())


def test_it_works() -> None:
    assert ask(0, 10, LEAST_SECONDS, LEAST_SECONDS + 1) == [True, True, False, False]


@pytest.mark.parametrize(("score", "waits"), [(1.9, False), (2, True), (8.9, True), (9, False)])
def test_only_doubtful_mail_waits(score: float, waits: bool) -> None:
    assert ask(0, score=score) == [waits]


@pytest.mark.parametrize(
    "more",
    [
        {"verdict": None},
        {"checks": None},
        {"checks": {"dmarc": {"result": "pass"}}},
        {"checks": {"dmarc": {"result": "none", "aligned": ["spf"]}}},
        {"verdict": verdict(4, ["KNOWN_SENDER", -4, "reputation", "", "spam"])},
        {"verdict": verdict(4, allowed_by={"pattern": "sender.example"})},
        {"verdict": verdict(4, to={"1": {"score": 0.5}})},
        {"url": "redis://127.0.0.1:1/0"},
    ],
)
def test_who_passes(more: dict[str, Any]) -> None:
    assert ask(0, **more) == [False]


def test_whoever_came_again_once_is_known_for_all_from_that_network() -> None:
    domain = f"known{os.getpid()}.example"
    assert ask(0, 70, domain=domain) == [True, False]
    assert ask(80, domain=domain, mailboxes=[2, 3], address="192.0.2.99") == [False]
    assert ask(80, domain=domain, address="198.51.100.1") == [True]


def test_each_recipient_is_waited_for() -> None:
    domain = f"each{os.getpid()}.example"
    assert ask(0, domain=domain) == [True]
    assert ask(70, domain=domain, mailboxes=[1, 2]) == [True]
