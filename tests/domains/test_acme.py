"""Certificates from a real authority (Debian's pebble) that asks a real web process whether the names are ours."""

import asyncio
import datetime as dt
import http.client
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import LazySettings
from django.db import connection

from apps.domains.acme import wishes
from apps.domains.acme.renewal import Asked, ask_for_due
from apps.domains.models import AcmeAccount, AcmeChallenge, Certificate, Domain
from apps.domains.resolver import Resolver
from apps.events.models import AuditEntry
from tests.dns_server import SERVFAIL, Zone, serving
from tests.factories import a_domain
from tests.pebble import Pebble, PebbleMissingError, find_pebble, free_port, issuing
from workers import web

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def program() -> Path:
    try:
        return find_pebble()
    except PebbleMissingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@dataclass
class World:
    """An authority, a name server, and our web process on the port where authorities ask."""

    pebble: Pebble
    zone: Zone
    dns: str
    domain: Domain
    port: int

    def ask(self, now: dt.datetime = NOW) -> list[Asked]:
        return ask_for_due(resolver=Resolver([self.dns]), now=lambda: now, trust=str(self.pebble.trust))

    def lead(self, *names: str) -> None:
        for name in names:
            self.zone.records[name, "A"] = ["127.0.0.1"]


@pytest.fixture
def world(program: Path, tmp_path: Path, settings: LazySettings) -> Iterator[World]:
    for model in (Certificate, AcmeAccount, AcmeChallenge):
        model.objects.all().delete()
    Domain.objects.update(is_active=False)
    domain = a_domain("acme.example.test")
    Domain.objects.filter(id=domain.id).update(is_active=True)
    zone = Zone("mail.example.org A 127.0.0.1", ttl=0)
    port = free_port()
    settings.MAIL_HOSTNAME = "mail.example.org"
    settings.MAIL_ACME_CONTACT = "postmaster@example.org"
    settings.MAIL_WEB_BIND = "127.0.0.1"
    server = web.make_server(None)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[web.listen("127.0.0.1", port)])), daemon=True
    )
    thread.start()
    with serving(zone) as dns, issuing(tmp_path, dns=dns, http_port=port) as pebble:
        settings.MAIL_ACME_DIRECTORY = pebble.directory
        yield World(pebble, zone, dns, domain, port)
        server.should_exit = True
        thread.join(10)
    Domain.objects.update(is_active=True)
    Domain.objects.filter(id=domain.id).delete()


def test_it_works(world: World) -> None:
    world.lead("mta-sts.acme.example.test", "autoconfig.acme.example.test")
    asked = world.ask()
    assert [(one.names, one.problem) for one in asked] == [
        (("mail.example.org",), ""),
        (("autoconfig.acme.example.test", "mta-sts.acme.example.test"), ""),
    ]
    row = Certificate.objects.get(domain=world.domain)
    assert set(row.names) == {"autoconfig.acme.example.test", "mta-sts.acme.example.test"}
    leaf, *above = x509.load_pem_x509_certificates(row.chain.encode())
    leaf.verify_directly_issued_by(above[0])
    account = AcmeAccount.objects.get()
    assert bytes(account.key).startswith(b"-----BEGIN PRIVATE KEY-----")
    assert account.uri.startswith("https://")
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM domains_acmeaccount")
        assert b"PRIVATE" not in bytes(cursor.fetchone()[0])
    assert AuditEntry.objects.filter(action="certificate.issued", target_id=row.id).exists()
    assert world.ask() == []


def test_it_is_renewed_when_two_thirds_of_its_life_are_over(world: World) -> None:
    world.ask()
    row = Certificate.objects.get()
    assert row.not_before is not None
    assert row.not_after is not None
    life = row.not_after - row.not_before
    assert wishes.due(row.not_before + life * 0.6) == []
    assert wishes.due(row.not_before + life * 0.7) == [row.id]
    assert [one.problem for one in world.ask(row.not_before + life * 0.7)] == [""]
    again = Certificate.objects.get()
    assert again.id == row.id
    assert again.fingerprint != row.fingerprint


def test_a_name_that_comes_to_lead_here_gets_into_the_next(world: World) -> None:
    world.lead("mta-sts.acme.example.test")
    world.ask()
    world.lead("autodiscover.acme.example.test")
    assert [one.names for one in world.ask()] == [
        ("autodiscover.acme.example.test", "mta-sts.acme.example.test")
    ]
    world.zone.faults["autodiscover.acme.example.test"] = SERVFAIL
    assert world.ask() == []


def test_a_refusal_is_kept_and_asked_again_later_and_later(world: World, settings: LazySettings) -> None:
    settings.MAIL_HOSTNAME = "nowhere.example.org"
    [asked] = world.ask()
    assert asked.problem
    row = Certificate.objects.get()
    assert row.chain == ""
    assert row.last_error == asked.problem
    assert "nowhere.example.org" in asked.problem
    assert "\n" not in asked.problem
    assert world.ask(NOW + dt.timedelta(minutes=9)) == []
    assert len(world.ask(NOW + dt.timedelta(minutes=11))) == 1
    assert world.ask(NOW + dt.timedelta(minutes=25)) == []
    assert wishes.pause_after(0) < wishes.pause_after(1) < wishes.pause_after(20) == dt.timedelta(days=1)


def test_an_authority_that_is_away_is_named(world: World, settings: LazySettings) -> None:
    settings.MAIL_ACME_DIRECTORY = f"https://localhost:{free_port()}/dir"
    [asked] = world.ask()
    assert "ConnectionError" in asked.problem


def test_the_old_one_stays_while_the_authority_refuses(world: World) -> None:
    world.ask()
    row = Certificate.objects.get()
    del world.zone.records["mail.example.org", "A"]
    Certificate.objects.update(wanted=["mail.example.org", "also.example.org"])
    assert row.not_after is not None
    [asked] = ask_for_due(
        resolver=Resolver([world.dns]),
        now=lambda: NOW + dt.timedelta(days=10000),
        trust=str(world.pebble.trust),
    )
    assert asked.problem
    assert Certificate.objects.get().chain == row.chain


def test_nobody_is_answered_what_no_authority_asked(world: World) -> None:
    def get(path: str) -> tuple[int, bytes]:
        asking = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
        asking.request("GET", path, headers={"Host": "whatever.example"})
        answer = asking.getresponse()
        return answer.status, answer.read()

    AcmeChallenge.objects.create(token="known", answer="known.thumb", made_at=NOW)
    assert get("/.well-known/acme-challenge/known") == (200, b"known.thumb")
    assert get("/.well-known/acme-challenge/unknown")[0] == 404
    assert get("/.well-known/acme-challenge/../known")[0] in {400, 404}
    wishes.forget_challenges(NOW + dt.timedelta(hours=2))
    assert get("/.well-known/acme-challenge/known")[0] == 404
