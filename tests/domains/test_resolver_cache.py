"""What is remembered of DNS, and for how long; and that a question under way is asked once."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.domains.resolver import Resolver, the_resolver
from apps.domains.resolver.cache import ENTRY_BYTES, Cache, seconds_kept
from apps.domains.resolver.flights import Flights, InHurryError, TooBusyError, zone_of
from apps.protocols.mailauth.lookups import Answer, Lookup, Status
from tests.dns_server import SERVFAIL, SILENT, SLOW, Zone, serving

ONE = Lookup("one.example", "TXT")


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("status", "ttl", "kept"),
    [
        (Status.FOUND, 0, 10),
        (Status.FOUND, 300, 300),
        (Status.FOUND, 2**31, 3600),
        (Status.NO_DATA, 300, 300),
        (Status.NO_DATA, 86400, 600),
        (Status.NO_DOMAIN, 86400, 600),
        (Status.FAULT, 86400, 5),
    ],
)
def test_how_long_an_answer_is_kept(status: Status, ttl: int, kept: int) -> None:
    assert seconds_kept(Answer(status, ttl=ttl)) == kept
    clock = Clock()
    cache = Cache(clock)
    cache.put(ONE, Answer(status, ttl=ttl))
    clock.now += kept - 1
    assert cache.get(ONE) is not None
    clock.now += 1
    assert cache.get(ONE) is None
    assert (len(cache), cache.size) == (0, 0)


def test_case_does_not_matter_and_kinds_do() -> None:
    cache = Cache()
    cache.put(ONE, Answer(Status.FOUND, ("x",), ttl=60))
    assert cache.get(Lookup("ONE.example", "TXT")) == Answer(Status.FOUND, ("x",), ttl=60)
    assert cache.get(Lookup("one.example", "A")) is None


def test_what_does_not_exist_has_records_of_no_kind() -> None:
    cache = Cache()
    cache.put(ONE, Answer(Status.NO_DOMAIN, ttl=60), is_of_every_kind=True)
    assert cache.get(Lookup("one.example", "MX")) == Answer(Status.NO_DOMAIN, ttl=60)


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    cache = Cache(most_bytes=5 * ENTRY_BYTES)
    for number in range(3):
        cache.put(Lookup(f"{number}.example", "TXT"), Answer(Status.NO_DATA, ttl=60))
    assert cache.get(Lookup("0.example", "TXT")) is not None
    cache.put(ONE, Answer(Status.FOUND, ("x" * 3 * ENTRY_BYTES,), ttl=60))
    assert cache.get(ONE) is not None
    assert cache.get(Lookup("0.example", "TXT")) is not None or cache.size <= 5 * ENTRY_BYTES
    assert cache.get(Lookup("1.example", "TXT")) is None
    cache.put(ONE, Answer(Status.FOUND, ("x" * 60_000,), ttl=60))
    assert (len(cache), cache.size) == (0, 0)


@pytest.fixture
def zone() -> Iterator[tuple[Zone, Resolver]]:
    zone = Zone(
        'slow.example TXT "late"\nlong.example A 192.0.2.1',
        {"slow.example": SLOW, "broken.example": SERVFAIL, "silent.example": SILENT},
        ttl=86400,
    )
    with serving(zone) as address:
        yield zone, Resolver([address])


def test_a_question_under_way_is_asked_once(zone: tuple[Zone, Resolver]) -> None:
    async def many() -> list[Answer]:
        return await asyncio.gather(*(zone[1].ask(Lookup("slow.example", "TXT")) for _ in range(50)))

    assert {answer.texts for answer in asyncio.run(many())} == {("late",)}
    assert len(zone[0].asked) == 1


def test_a_question_under_way_is_asked_once_by_threads(zone: tuple[Zone, Resolver]) -> None:
    found: list[Answer] = []

    def ask(seconds: float) -> None:
        found.append(zone[1].ask_sync(Lookup("slow.example", "TXT"), seconds=seconds))

    threads = [threading.Thread(target=ask, args=(5,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.texts for answer in found] == [("late",)] * 20
    assert len(zone[0].asked) == 1


def test_who_is_in_a_hurry_spoils_nothing_for_others(zone: tuple[Zone, Resolver]) -> None:
    slow = Lookup("slow.example", "TXT")
    hurried: list[Answer] = []
    thread = threading.Thread(target=lambda: hurried.append(zone[1].ask_sync(slow, seconds=0.1)))
    thread.start()
    assert zone[1].ask_sync(slow).texts == ("late",)
    thread.join()
    assert hurried[0].status in {Status.FAULT, Status.FOUND}

    async def gives_up() -> Answer:
        resolver = Resolver([str(zone[1]._sync.nameservers[0]).removeprefix("Do53:").replace("@", ":")])
        first = asyncio.create_task(resolver.ask(slow))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(resolver.ask(slow))
        await asyncio.sleep(0.05)
        first.cancel()
        return await second

    assert asyncio.run(gives_up()).texts == ("late",)


def test_a_broken_domain_is_asked_once_in_a_while(zone: tuple[Zone, Resolver]) -> None:
    for _ in range(5):
        assert zone[1].ask_sync(Lookup("broken.example", "TXT")).status is Status.FAULT
    assert zone[0].asked.count(("broken.example", "TXT")) == 1


def test_an_answer_says_how_long_it_holds(zone: tuple[Zone, Resolver]) -> None:
    assert zone[1].ask_sync(Lookup("long.example", "A")).ttl == 86400
    assert zone[1].ask_sync(Lookup("long.example", "AAAA")).ttl == 86400


def test_a_process_has_one_resolver(settings: Settings, zone: tuple[Zone, Resolver]) -> None:
    settings.MAIL_DNS_SERVERS = [str(zone[1]._sync.nameservers[0]).removeprefix("Do53:").replace("@", ":")]
    settings.MAIL_DNS_TRUSTED = []
    assert the_resolver() is the_resolver()
    assert the_resolver().ask_sync(Lookup("long.example", "A")).texts == ("192.0.2.1",)
    settings.MAIL_DNS_TRUSTED = ["127.0.0.0/8"]
    assert the_resolver()._is_trusted


def test_questions_at_once_are_bounded() -> None:
    flights = Flights(most=2)
    most = under_way = 0

    async def ask() -> Answer:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return Answer(Status.NO_DATA)

    async def many() -> None:
        await asyncio.gather(*(flights.share(Lookup(f"host.{n}xxx.example", "A"), ask) for n in range(20)))

    asyncio.run(many())
    assert most == 2
    assert flights._loops == {}


def test_a_zone_that_never_answers_keeps_nobody_else_waiting() -> None:
    flights = Flights(most=16)

    async def never() -> Answer:
        await asyncio.Event().wait()
        raise AssertionError("it does")

    async def at_once() -> Answer:
        return Answer(Status.NO_DATA)

    async def many() -> Answer:
        silent = [
            asyncio.create_task(flights.share(Lookup(f"{n}.silent.example", "TXT"), never))
            for n in range(100)
        ]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(2):
                return await flights.share(ONE, at_once)
        finally:
            for task in [*silent, *asyncio.all_tasks() - {asyncio.current_task()}]:
                task.cancel()

    assert asyncio.run(many()) == Answer(Status.NO_DATA)
    assert flights._loops == {}


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("a.b.Silent.example", "silent.example"),
        ("a.b.shop.co.uk", "shop.co.uk"),
        ("1.2.0.192.in-addr.arpa", "0.192.in-addr.arpa"),
        ("1.0.0.0." * 6 + "8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"),
        ("arpa", "arpa"),
        ("com", "com"),
        ("b.co", "b.co"),
    ],
)
def test_whose_name_it_is(name: str, zone: str) -> None:
    assert zone_of(name) == zone


def test_threads_without_a_turn_hear_so() -> None:
    flights = Flights(most=1)
    entered, leave = threading.Event(), threading.Event()

    def ask(_: float) -> Answer:
        entered.set()
        leave.wait(5)
        return Answer(Status.NO_DATA)

    thread = threading.Thread(target=flights.share_sync, args=(ONE, ask, 5))
    thread.start()
    entered.wait(5)
    with pytest.raises(TooBusyError):
        flights.share_sync(Lookup("two.example", "TXT"), ask, 0.05)
    with pytest.raises(InHurryError):
        flights.share_sync(ONE, ask, 0.05)
    leave.set()
    thread.join()
    assert flights._threads == {}
