"""Our own name server as a process: a domain's keys are found by its CNAMEs, and take turns by themselves."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import dns.rrset
import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from apps.domains import dkim, rotation, zone
from apps.domains.models import DkimKey, Domain
from apps.domains.records.key_record import key_name
from apps.domains.resolver import Resolver
from apps.domains.services import create_domain
from apps.events.audit import SYSTEM
from tests.dns_server import Zone, serving
from tests.factories import an_organisation
from tests.workers.listener import free_port, running
from workers.dns.server import KEEP_SECONDS

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]
ZONE = "dkim.mail.example.test"


@pytest.fixture(scope="module")
def domain(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Domain]:
    with django_db_blocker.unblock():
        name = f"served-{time.time_ns()}.test"
        yield create_domain(organisation=an_organisation(), name=name, actor=SYSTEM)


@pytest.fixture(scope="module")
def port(domain: Domain) -> Iterator[int]:
    port = free_port()
    with running("workers.dns", {"MAIL_DKIM_PORT": port}, MAIL_DKIM_ZONE=ZONE):
        yield port


def test_it_works(domain: Domain, port: int) -> None:
    for ask in (dns.query.udp, dns.query.tcp):
        for slot in ("r1", "e1"):
            question = dns.message.make_query(f"{slot}.{domain.name}.{ZONE}", "TXT", use_edns=0)
            [rrset] = ask(question, "127.0.0.1", port=port, timeout=5).answer
            assert b"".join(rrset[0].strings).decode().startswith("v=DKIM1; k=")


class Recursive(Zone):
    """A resolver of the world: follows a CNAME to the server that answers for where it leads."""

    def __init__(self, text: str, port: int) -> None:
        super().__init__(text)
        self.port = port

    def answer(self, wire: bytes, *, is_tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        [question] = query.question
        alias = self.records.get((question.name.to_text(omit_final_dot=True).lower(), "CNAME"))
        if not alias or question.rdtype != dns.rdatatype.TXT:
            return super().answer(wire, is_tcp=is_tcp)
        there = dns.message.make_query(alias[0], "TXT", use_edns=0)
        found = dns.query.tcp(there, "127.0.0.1", port=self.port, timeout=5)
        response = dns.message.make_response(query)
        response.answer = [dns.rrset.from_text(question.name, 60, "IN", "CNAME", alias[0]), *found.answer]
        response.authority = found.authority
        return [response.to_wire()]


def test_keys_take_turns_without_anybody(domain: Domain, port: int, settings: Settings) -> None:
    """What its owner published once is a CNAME for each slot, and nothing is ever changed there."""
    settings.MAIL_DKIM_ZONE = ZONE
    slots = ("r1", "r2", "e1", "e2")
    once = "\n".join(f"{key_name(slot, domain.name)} CNAME {slot}.{domain.name}.{ZONE}." for slot in slots)
    DkimKey.objects.exclude(domain=domain).filter(state="pending").delete()
    now = timezone.now()
    with serving(Recursive(once, port)) as server:
        for later in (
            timedelta(),
            timedelta(days=91),
            timedelta(days=91, hours=1),
            timedelta(days=92, hours=2),
        ):
            if later == timedelta(days=91, hours=1):
                time.sleep(KEEP_SECONDS + 0.5)  # It remembers for a moment that the slot was empty.
            rotation.advance(now=now + later, resolver=Resolver([server]))
    states = {key.selector: key.state for key in dkim.keys_of(domain)}
    assert states == {"r1": "retired", "e1": "retired", "r2": "active", "e2": "active"}


def test_who_asks_often_is_told_to_ask_by_tcp(domain: Domain, port: int) -> None:
    wire = dns.message.make_query(f"r1.{domain.name}.{ZONE}", "TXT", use_edns=0).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        flags = []
        for _ in range(150):
            sock.sendto(wire, ("127.0.0.1", port))
            flags.append(dns.message.from_wire(sock.recv(2000)).flags & dns.flags.TC)
    assert not flags[0]
    assert any(flags)


def test_nonsense_is_not_answered(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.5)
        for wire in (b"", b"x", b"\0" * 12, b"\xff" * 300):
            sock.sendto(wire, ("127.0.0.1", port))
        with pytest.raises(TimeoutError):
            sock.recv(100)
    with socket.create_connection(("127.0.0.1", port), 5) as stream:
        stream.sendall(b"\xff\xff" + bytes(100))
        stream.shutdown(socket.SHUT_WR)
        assert stream.recv(10) == b""


def test_slots_are_those_of_the_zone() -> None:
    assert zone.slot_asked(dns.message.make_query(f"e2.x.test.{ZONE}", "TXT"), ZONE) == ("x.test", "e2")
