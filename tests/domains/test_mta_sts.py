"""Policies of other domains: fetched from a real HTTPS server, kept for all, never downgraded by who is in between."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import LazySettings

from apps.domains.models import MtaStsPolicy
from apps.domains.mta_sts.fetching import Fetcher, FetchError
from apps.domains.mta_sts.policies import Held, Policies, refresh_due
from apps.domains.resolver import Resolver
from apps.protocols.mailauth.mta_sts import Mode, Policy
from apps.protocols.mailauth.tls_sessions import TlsResult
from tests.certificates import Issued, issue, make_authority, trusting
from tests.dns_server import SERVFAIL, Zone, serving
from tests.mailflow.arrivals import a_database
from tests.policy_server import Publisher, publishing

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]

BODY = b"version: STSv1\nmode: enforce\nmx: mx.far.example\nmax_age: 604800\n"
POLICY = Policy(Mode.ENFORCE, ("mx.far.example",), 604800)
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
AUTHORITY = make_authority()


@dataclass
class World:
    """A domain that publishes, and who asks for it."""

    zone: Zone
    publisher: Publisher
    fetcher: Fetcher
    address: str

    def find(self, now: dt.datetime = NOW) -> Held:
        """Ask as another process would: nothing is remembered but in the database."""

        async def main() -> Held:
            async with a_database() as database:
                policies = Policies(Resolver([self.address]), database, self.fetcher, lambda: now)
                return await policies.find("far.example")

        return asyncio.run(main())

    def announce(self, policy_id: str) -> None:
        self.zone.records["_mta-sts.far.example", "TXT"] = [f'"v=STSv1; id={policy_id};"']

    def stop_publishing(self) -> None:
        self.publisher.status = 503


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    MtaStsPolicy.objects.all().delete()
    yield from a_world(tmp_path, issue("mta-sts.far.example", by=AUTHORITY))


def a_world(directory: Path, shown: Issued) -> Iterator[World]:
    zone = Zone('mta-sts.far.example A 127.0.0.1\n_mta-sts.far.example TXT "v=STSv1; id=1;"', ttl=0)
    publisher = Publisher(BODY)
    with serving(zone) as address, publishing(publisher, shown.server(directory)) as port:
        fetcher = Fetcher(Resolver([address]), port, trusting(AUTHORITY), seconds=2)
        yield World(zone, publisher, fetcher, address)


def test_it_works_and_is_kept(world: World) -> None:
    assert world.find() == Held(POLICY)
    assert world.publisher.asked == [("mta-sts.far.example", "/.well-known/mta-sts.txt")]
    world.stop_publishing()
    assert world.find(NOW + dt.timedelta(days=6)) == Held(POLICY)
    assert len(world.publisher.asked) == 1


def test_those_who_ask_at_once_fetch_once(world: World) -> None:
    async def main() -> list[Held]:
        async with a_database() as database:
            policies = Policies(Resolver([world.address]), database, world.fetcher, lambda: NOW)
            return await asyncio.gather(*(policies.find("far.example") for _ in range(4)))

    assert asyncio.run(main()) == [Held(POLICY)] * 4
    assert len(world.publisher.asked) == 1


def test_who_publishes_none_is_not_asked_for_any(world: World) -> None:
    del world.zone.records["_mta-sts.far.example", "TXT"]
    assert world.find() == Held()
    assert world.publisher.asked == []


def test_another_id_brings_another_policy(world: World) -> None:
    world.find()
    world.announce("2")
    world.publisher.body = BODY.replace(b"enforce", b"testing")
    found = world.find(NOW + dt.timedelta(hours=1))
    assert found.policy is not None
    assert found.policy.mode is Mode.TESTING


def test_taking_the_record_or_the_server_away_does_not_switch_it_off(world: World) -> None:
    world.find()
    world.announce("2")
    world.stop_publishing()
    assert world.find() == Held(POLICY, TlsResult.FETCH_ERROR, "HTTP status 503")
    del world.zone.records["_mta-sts.far.example", "TXT"]
    assert world.find().policy == POLICY
    world.zone.faults["_mta-sts.far.example"] = SERVFAIL
    assert world.find().policy == POLICY
    assert world.find(NOW + dt.timedelta(days=8)).policy is None


def test_a_fetch_that_failed_is_not_tried_again_at_once(world: World) -> None:
    world.stop_publishing()
    assert world.find() == Held(None, TlsResult.FETCH_ERROR, "HTTP status 503")
    world.find(NOW + dt.timedelta(minutes=4))
    assert len(world.publisher.asked) == 1
    world.publisher.status = 200
    assert world.find(NOW + dt.timedelta(minutes=6)).policy == POLICY


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"status": 404}, TlsResult.FETCH_ERROR),
        ({"status": 301, "headers": {"Location": "https://elsewhere.example/"}}, TlsResult.FETCH_ERROR),
        ({"content_type": "text/html"}, TlsResult.POLICY_INVALID),
        ({"body": b"version: STSv1\n"}, TlsResult.POLICY_INVALID),
        ({"body": BODY + b"x: " + b"y" * 70_000}, TlsResult.POLICY_INVALID),
        ({"pause": 0.2}, TlsResult.FETCH_ERROR),
    ],
)
def test_policies_that_cannot_be_had(world: World, change: dict[str, object], result: TlsResult) -> None:
    for name, value in change.items():
        setattr(world.publisher, name, value)
    with pytest.raises(FetchError) as caught:
        world.fetcher.fetch("far.example")
    assert caught.value.result is result


@pytest.mark.parametrize(
    "shown",
    [
        issue("mta-sts.far.example"),
        issue("mta-sts.other.example", by=AUTHORITY),
        issue("mta-sts.far.example", by=AUTHORITY, days=-1),
    ],
)
def test_a_certificate_that_does_not_hold(tmp_path: Path, shown: Issued) -> None:
    for world in a_world(tmp_path, shown):
        with pytest.raises(FetchError) as caught:
            world.fetcher.fetch("far.example")
        assert caught.value.result is TlsResult.WEBPKI_INVALID
        assert world.publisher.asked == []


def refresh(world: World, now: dt.datetime) -> int:
    return refresh_due(
        resolver=Resolver([world.address]), fetcher=world.fetcher, now=lambda: now, may_go_on=lambda: True
    )


def test_it_is_refreshed_before_it_expires(world: World) -> None:
    world.find()
    assert refresh(world, NOW + dt.timedelta(hours=20)) == 0
    later = NOW + dt.timedelta(hours=25)
    assert refresh(world, later) == 1
    assert MtaStsPolicy.objects.get().expires_at == later + dt.timedelta(days=7)


def test_one_that_nobody_needs_is_left_to_expire_and_forgotten(world: World) -> None:
    world.find()
    MtaStsPolicy.objects.update(used_at=NOW - dt.timedelta(days=40))
    assert refresh(world, NOW + dt.timedelta(days=2)) == 0
    refresh(world, NOW + dt.timedelta(days=9))
    assert not MtaStsPolicy.objects.exists()


def test_a_slow_host_does_not_hold_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.domains.mta_sts.policies.PATIENCE", 0.1)
    world.publisher.pause = 0.01  # For each byte.

    async def main() -> tuple[Held, Held]:
        async with a_database() as database:
            policies = Policies(Resolver([world.address]), database, world.fetcher, lambda: NOW)
            began = asyncio.get_running_loop().time()
            first = await policies.find("far.example")
            assert asyncio.get_running_loop().time() - began < 0.5
            await policies.settle()
            return first, await Policies(
                Resolver([world.address]), database, world.fetcher, lambda: NOW
            ).find("far.example")

    first, later = asyncio.run(main())
    assert first == Held(None, TlsResult.FETCH_ERROR, "it took too long")
    assert later == Held(POLICY)
    assert len(world.publisher.asked) == 1


def test_what_is_known_holds_while_a_newer_one_is_slow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.find()
    monkeypatch.setattr("apps.domains.mta_sts.policies.PATIENCE_WITH_POLICY", 0.1)
    world.announce("2")
    world.publisher.pause = 0.05
    assert world.find() == Held(POLICY)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"])
def test_a_policy_within_our_walls_is_not_fetched(world: World, address: str) -> None:
    world.zone.records["mta-sts.far.example", "A"] = [address]
    with pytest.raises(FetchError, match="no address in the Internet") as caught:
        world.fetcher.fetch("far.example")
    assert address not in str(caught.value)


def test_what_our_machine_says_stays_here(world: World, settings: LazySettings) -> None:
    settings.MAIL_REACHABLE_NETWORKS = ["127.0.0.0/8"]
    refusing = Fetcher(world.fetcher.resolver, 1, world.fetcher.tls)
    with pytest.raises(FetchError) as caught:
        refusing.fetch("far.example")
    assert str(caught.value) == "the policy's host could not be reached"
    assert "refused" in caught.value.detail
    settings.MAIL_REACHABLE_NETWORKS = []
    with pytest.raises(FetchError, match="no address in the Internet"):
        world.fetcher.fetch("far.example")
