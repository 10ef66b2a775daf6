"""Parcels reach the right host by real DNS and real SMTP, and every trouble becomes an outcome."""

import asyncio
import dataclasses
import datetime as dt
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from apps.domains.resolver import Resolver
from apps.mailflow.deliver_remote import RemoteCourier, by_message
from apps.mailflow.next_hops import NextHops
from apps.mailflow.smtp_client import Timeouts
from apps.protocols.smtp.routes import parse_routes
from apps.queue.couriers import Deferred, Delivered, Failed, Outcome, Parcel
from apps.queue.envelopes import Envelope, Recipient
from apps.queue.models import Lane, Origin
from tests.certificates import make_pair
from tests.dns_server import SERVFAIL, Zone, serving
from tests.mailflow.test_smtp_client import conversing
from tests.smtp_sink import sinking

FAST = Timeouts(connect=1, command=1, data=1, final=1, quit=0.2)
BODY = b"Subject: lunch\r\n\r\nAt noon?\r\n"
BROKEN = b"broken"
ZONE = """
far.example     MX 10 mx.far.example.
mx.far.example  A  127.0.0.1
two.example     MX 10 dead.far.example.
two.example     MX 20 mx.far.example.
dead.far.example A 127.0.0.9
lost.example    MX 10 nowhere.far.example.
null.example    MX 0 .
"""


@pytest.fixture(scope="module")
def dns() -> Iterator[str]:
    with serving(Zone(ZONE, {"broken.example": SERVFAIL})) as address:
        yield address


def a_parcel(number: int, address: str, *, message: int = 1, sender: str = "bob@example.test") -> Parcel:
    return Parcel(
        id=number,
        message_id=message,
        attempts=1,
        recipient=Recipient(address, Lane.REMOTE, 1, address.partition("@")[2]),
        envelope=Envelope(sender),
        blob_hash=b"",
        size=len(BODY),
        facts=b"",
        prefix=b"",
        verdict=None,
        evidence=None,
        trace_id=uuid.UUID(int=number),
        origin=Origin.SUBMISSION,
        priority=0,
        accepted_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        next_attempt=dt.datetime(2026, 1, 1, 0, 5, tzinfo=dt.UTC),
    )


async def load(parcel: Parcel) -> bytes:
    if parcel.blob_hash == BROKEN:
        raise LookupError
    return BODY.replace(b"lunch", parcel.recipient.address.encode())


def deliver(
    dns: str, port: int, *parcels: Parcel, routes: str = "", max_seconds: float = 60
) -> list[Outcome]:
    async def main() -> list[Outcome]:
        hops = NextHops(Resolver([dns]), "mail.example.test", parse_routes(routes), port)
        courier = RemoteCourier(hops, load, timeouts=FAST, max_seconds=max_seconds)
        carried = [pair async for pairs in courier.deliver(parcels) for pair in pairs]
        outcomes = {parcel.id: outcome for parcel, outcome in carried}
        assert len(carried) == len(parcels)
        return [outcomes[parcel.id] for parcel in parcels]

    return asyncio.run(main())


def test_it_works(dns: str) -> None:
    with sinking() as (sink, port):
        [outcome] = deliver(dns, port, a_parcel(1, "friend@far.example"))
    assert isinstance(outcome, Delivered)
    assert outcome.host == f"mx.far.example[127.0.0.1]:{port}"
    assert sink.taken[0].data == BODY.replace(b"lunch", b"friend@far.example")


def test_one_message_for_two_is_sent_once(dns: str) -> None:
    with sinking() as (sink, port):
        deliver(
            dns,
            port,
            a_parcel(1, "a@far.example"),
            a_parcel(2, "b@far.example"),
            a_parcel(3, "c@far.example", message=2),
        )
    assert [taken.recipients for taken in sink.taken] == [
        ["a@far.example", "b@far.example"],
        ["c@far.example"],
    ]
    assert sink.connections == 1


def test_each_recipient_has_its_own_outcome(dns: str) -> None:
    with sinking() as (_, port):
        outcomes = deliver(
            dns,
            port,
            a_parcel(1, "defer@far.example"),
            a_parcel(2, "reject@far.example"),
            a_parcel(3, "a@far.example"),
        )
    assert [type(outcome) for outcome in outcomes] == [Deferred, Failed, Delivered]
    assert str(outcomes[1].reply) == "550 5.1.1 No such person"


def test_the_second_host_takes_what_the_first_does_not(dns: str) -> None:
    with sinking() as (sink, port):
        [outcome] = deliver(dns, port, a_parcel(1, "friend@two.example"))
    assert isinstance(outcome, Delivered)
    assert len(sink.taken) == 1


def test_no_host_answers(dns: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        [outcome] = deliver(dns, unused.getsockname()[1], a_parcel(1, "friend@far.example"))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.4.1"


@pytest.mark.parametrize(
    ("address", "kind", "enhanced"),
    [
        ("x@null.example", Failed, "5.1.10"),
        ("x@nowhere.example", Failed, "5.1.2"),
        ("x@broken.example", Deferred, "4.4.3"),
        ("x@lost.example", Deferred, "4.4.3"),
    ],
)
def test_domains_whose_mail_goes_nowhere(dns: str, address: str, kind: type[Outcome], enhanced: str) -> None:
    [outcome] = deliver(dns, 1, a_parcel(1, address))
    assert type(outcome) is kind
    assert outcome.reply.enhanced == enhanced
    assert outcome.host == ""


def test_a_route_needs_no_dns() -> None:
    with sinking() as (sink, port):
        [outcome] = deliver("127.0.0.1:1", 25, a_parcel(1, "x@unknown.example"), routes=f"*=127.0.0.1:{port}")
    assert isinstance(outcome, Delivered)
    assert len(sink.taken) == 1


def test_tls_that_nobody_vouches_for_is_used_all_the_same(dns: str, tmp_path: Path) -> None:
    with sinking(tls=make_pair(tmp_path)) as (sink, port):
        deliver(dns, port, a_parcel(1, "friend@far.example"))
    assert sink.taken[0].is_tls


def test_an_internationalised_recipient(dns: str) -> None:
    with sinking() as (sink, port):
        [outcome] = deliver(dns, port, a_parcel(1, "jürgen@far.example"))
    assert isinstance(outcome, Delivered)
    assert sink.taken[0].recipients == ["jürgen@far.example"]


def test_a_hundred_recipients_at_a_time() -> None:
    groups = by_message([a_parcel(n, f"r{n}@far.example") for n in range(250)])
    assert [len(group) for group in groups] == [100, 100, 50]


def test_a_host_that_takes_too_long_keeps_nobody_waiting(dns: str) -> None:
    parcels = [a_parcel(n, f"r{n}@far.example", message=n) for n in range(3)]
    with sinking() as (sink, port):
        outcomes = deliver(dns, port, *parcels, max_seconds=0)
    assert sink.taken == []
    assert [outcome.reply.enhanced for outcome in outcomes] == ["4.4.2"] * 3
    assert all(isinstance(outcome, Deferred) for outcome in outcomes)


def test_smtputf8_is_asked_for_only_where_it_is_needed(dns: str) -> None:
    """Some clients always say SMTPUTF8; a message all of ASCII goes to servers that never heard of it."""
    parcel = a_parcel(1, "friend@far.example")
    parcel = dataclasses.replace(parcel, envelope=Envelope("bob@example.test", smtputf8=True))
    with sinking(enable_SMTPUTF8=False) as (_, port):
        assert isinstance(deliver(dns, port, parcel)[0], Delivered)


def test_a_message_that_cannot_be_read_keeps_nobody_else_waiting(dns: str) -> None:
    parcels = [a_parcel(n, f"r{n}@far.example", message=n) for n in range(3)]
    parcels[1] = dataclasses.replace(parcels[1], blob_hash=BROKEN)
    with sinking() as (sink, port):
        outcomes = deliver(dns, port, *parcels)
    assert [type(outcome) for outcome in outcomes] == [Delivered, Deferred, Delivered]
    assert len(sink.taken) == 2
    assert sink.connections == 1


def test_where_tls_fails_mail_goes_in_the_clear(dns: str) -> None:
    answers = {
        b"EHLO": b"250-mx\r\n250 STARTTLS\r\n",
        b"STAR": b"454 4.7.0 Not now\r\n",
        b"DATA": b"354 go\r\n",
    }
    with conversing(answers) as port:
        [outcome] = deliver(dns, port, a_parcel(1, "friend@far.example"))
    assert isinstance(outcome, Delivered)


@pytest.mark.parametrize(
    ("answers", "met"),
    [
        ({b"RCPT TO:<r0": b""}, [Deferred, Delivered, Delivered]),  # It hangs up on one recipient ...
        (
            {b"DATA": b"354 go\r\n", b"Subject: r0": b""},
            [Deferred, Delivered, Delivered],
        ),  # ... or one message.
        ({b"RCPT TO:<r1": b"421 4.7.0 Enough\r\n"}, [Delivered, Deferred, Delivered]),
        ({b"RCPT TO:<r2": b"rubbish\r\n"}, [Delivered, Delivered, Deferred]),
    ],
)
def test_a_message_that_breaks_the_connection_takes_no_other_along(
    dns: str, answers: dict[bytes, bytes], met: list[type[Outcome]]
) -> None:
    parcels = [a_parcel(n, f"r{n}@far.example", message=n) for n in range(3)]
    with conversing({b"DATA": b"354 go\r\n"} | answers) as port:
        outcomes = deliver(dns, port, *parcels)
    assert [type(outcome) for outcome in outcomes] == met


def test_a_host_that_hangs_up_on_everyone_is_left_alone(dns: str) -> None:
    parcels = [a_parcel(n, f"r{n}@far.example", message=n) for n in range(20)]
    hung_up: list[bytes] = []
    with conversing({b"MAIL": b""}, heard=hung_up) as port:
        outcomes = deliver(dns, port, *parcels)
    assert {type(outcome) for outcome in outcomes} == {Deferred}
    assert sum(line.startswith(b"MAIL") for line in hung_up) == 2


def test_a_host_within_our_walls_gets_nothing(dns: str, settings: LazySettings) -> None:
    settings.MAIL_REACHABLE_NETWORKS = []
    with sinking() as (sink, port):
        [outcome] = deliver(dns, port, a_parcel(1, "friend@far.example"))
        [named] = deliver(
            dns, port, a_parcel(2, "friend@far.example"), routes=f"far.example=127.0.0.1:{port}"
        )
    assert isinstance(outcome, Failed)
    assert str(outcome.reply) == "550 5.4.4 The domain's mail server has no address in the Internet"
    assert isinstance(named, Delivered)
    assert len(sink.taken) == 1
