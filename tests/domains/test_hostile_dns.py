"""SPF through the real resolver against a name server that wants to keep us busy: an end in time, never a wrong verdict."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from apps.domains.resolver import INQUIRY_SECONDS, Resolver
from apps.protocols.mailauth.iprev import check_iprev
from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Status
from apps.protocols.mailauth.spf import Spf, SpfResult, check_spf
from tests.dns_server import (
    GARBAGE,
    HALF_ALIAS,
    LAME,
    REFUSED,
    SERVFAIL,
    SILENT,
    TRUNCATE,
    TRUNCATE_ALWAYS,
    WRONG_ID,
    WRONG_QUESTION,
    Zone,
    serving,
)

LATE_SECONDS = 1.5


class Hostile(Zone):
    """Names without end, and records as large as DNS can carry; each name in `slow.test` comes late."""

    def find(self, name: str, kind: str) -> list[str] | None:
        """Make up what belongs to a name."""
        first, _, rest = name.partition(".")
        if kind == "TXT" and rest == "deep.test":
            return [f'"v=spf1 include:x{first}.deep.test -all"']
        if rest == "slow.test":
            time.sleep(LATE_SECONDS)
            if kind == "MX":
                return [f"10 {first}{n}.slow.test." for n in range(10)]
            return ['"v=spf1 mx:one.slow.test mx:two.slow.test -all"'] if kind == "TXT" else ["198.51.100.7"]
        if kind == "TXT" and rest == "wide.test":
            terms = " ".join(f"include:i{n}.test" for n in range(3000))
            return [_in_pieces(f"v=spf1 {terms} -all")]
        if kind == "TXT" and rest == "many.test":
            return [f'"v=spf1 ip4:192.0.2.{n % 250} -all"' for n in range(250)]
        if kind == "TXT" and rest == "flood.test":
            return [f'"{n}"' for n in range(800)]
        if kind == "PTR":
            return [f"p{n}.ptr.test." for n in range(100)]
        if kind == "A" and rest == "ptr.test":
            return ["198.51.100.7"]
        return super().find(name, kind)


def _in_pieces(text: str) -> str:
    return " ".join(f'"{"".join(piece)}"' for piece in itertools.batched(text, 250))


ZONE = """
ptr.example      TXT   "v=spf1 ptr:ptr.test -all"
loop.example     CNAME loop2.example.
loop2.example    CNAME loop.example.
big.example      TXT   "v=spf1 ip4:192.0.2.1 -all"
forged.example   TXT   "v=spf1 ip4:192.0.2.1 -all"
strange.example  TXT   "v=spf1 ip4:192.0.2.1 -all"
slowptr.example  TXT   "v=spf1 ptr -all"
half.example     CNAME big.example.
"""
FAULTS = {
    "silent.example": SILENT,
    "garbage.example": GARBAGE,
    "broken.example": SERVFAIL,
    "refused.example": REFUSED,
    "lame.example": LAME,
    "half.example": HALF_ALIAS,
    "cut.example": TRUNCATE_ALWAYS,
    "big.example": TRUNCATE,
    "forged.example": WRONG_ID,
    "strange.example": WRONG_QUESTION,
    "2.2.0.192.in-addr.arpa": SILENT,
}
UNANSWERED = {"silent.example", "garbage.example", "a.slow.test"}


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Hostile, str]]:
    zone = Hostile(ZONE, FAULTS)
    with serving(zone) as address:
        yield zone, address


def spf(domain: str, address: str = "192.0.2.1") -> Inquiry[SpfResult]:
    return check_spf(address, sender=f"bob@{domain}", helo="mx.example", receiver="mail.example.test")


def both(address: str, domain: str, *, seconds: float) -> SpfResult:
    """Check by both drivers; they must agree, and end in time."""
    began = time.monotonic()
    found = asyncio.run(Resolver([address]).run(spf(domain), seconds=seconds))
    other = Resolver([address]).run_sync(spf(domain), seconds=seconds)
    assert time.monotonic() - began < 2 * seconds + 0.5
    assert found.result is other.result
    return found


@pytest.mark.parametrize(
    ("domain", "result"),
    [
        ("silent.example", Spf.TEMPERROR),
        ("garbage.example", Spf.TEMPERROR),
        ("broken.example", Spf.TEMPERROR),
        ("refused.example", Spf.TEMPERROR),
        ("lame.example", Spf.TEMPERROR),
        ("loop.example", Spf.TEMPERROR),
        ("half.example", Spf.TEMPERROR),
        ("cut.example", Spf.TEMPERROR),
        ("a.deep.test", Spf.PERMERROR),
        ("a.wide.test", Spf.PERMERROR),
        ("a.many.test", Spf.PERMERROR),
        ("a.flood.test", Spf.TEMPERROR),
        ("a.slow.test", Spf.TEMPERROR),
        ("big.example", Spf.PASS),
        ("forged.example", Spf.PASS),
        ("strange.example", Spf.PASS),
        ("ptr.example", Spf.FAIL),
        ("nowhere.example", Spf.NONE),
    ],
)
def test_what_it_comes_to(world: tuple[Hostile, str], domain: str, result: Spf) -> None:
    assert both(world[1], domain, seconds=0.3 if domain in UNANSWERED else 2).result is result


def test_an_endless_chain_is_left_after_ten(world: tuple[Hostile, str]) -> None:
    world[0].asked.clear()
    Resolver([world[1]]).run_sync(spf("b.deep.test"))
    assert len(world[0].asked) == 11


def test_names_of_an_address_are_ten_at_most(world: tuple[Hostile, str]) -> None:
    world[0].asked.clear()
    assert Resolver([world[1]]).run_sync(check_iprev("192.0.2.1")).result == "fail"
    assert len(world[0].asked) <= 12  # The PTR question twice, for its answer is cut off by UDP.


def test_a_sender_whose_own_names_are_slow_gets_no_verdict(world: tuple[Hostile, str]) -> None:
    found = Resolver([world[1]]).run_sync(spf("slowptr.example", "192.0.2.2"), seconds=0.3)
    assert found.result is Spf.TEMPERROR


def test_an_answer_of_thousands_of_records_is_not_even_read(world: tuple[Hostile, str]) -> None:
    """Reading it would keep the loop, and with it every other sender, for some 60 ms, and the largest for a third of a second."""

    async def ask() -> tuple[Answer, float]:
        resolver = Resolver([world[1]])
        longest, last, done = 0.0, time.thread_time(), False

        async def watch() -> None:
            nonlocal longest, last
            while not done:
                longest, last = max(longest, time.thread_time() - last), time.thread_time()
                await asyncio.sleep(0.001)

        watching = asyncio.create_task(watch())
        answer = await resolver.ask(Lookup("b.flood.test", "TXT"))
        done = True
        await watching
        return answer, longest

    answer, longest = asyncio.run(ask())
    assert answer.status is Status.FAULT
    assert "801 records" in answer.reason
    assert longest < 0.05


@pytest.mark.slow
def test_twenty_seconds_are_the_end(world: tuple[Hostile, str]) -> None:
    """Every server answers, but late: no question runs out of time, only the whole."""
    found: list[tuple[float, SpfResult]] = []

    def in_a_thread() -> None:
        began = time.monotonic()
        found.append((0, Resolver([world[1]]).run_sync(spf("s.slow.test"))))
        found[-1] = (time.monotonic() - began, found[-1][1])

    async def on_a_loop() -> None:
        began = time.monotonic()
        result = await Resolver([world[1]]).run(spf("a.slow.test"))
        found.append((time.monotonic() - began, result))

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    asyncio.run(on_a_loop())
    thread.join()
    assert [result.result for _, result in found] == [Spf.TEMPERROR] * 2
    assert all(INQUIRY_SECONDS - 1 < took < INQUIRY_SECONDS + 1 for took, _ in found), found
