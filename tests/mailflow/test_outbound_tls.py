"""Mail waits rather than going to a server that is not the one its domain promises: DANE, MTA-STS, REQUIRETLS."""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvloop

from apps.domains.models import MtaStsPolicy
from apps.domains.mta_sts.fetching import Fetcher
from apps.domains.mta_sts.policies import Policies
from apps.domains.resolver import Resolver
from apps.mailflow.deliver_remote import RemoteCourier, says_tls_is_optional
from apps.mailflow.next_hops import NextHops
from apps.protocols.mailauth.tls_sessions import TlsResult, TlsSession
from apps.protocols.smtp.routes import parse_routes
from apps.queue.couriers import Carried, Deferred, Delivered, Failed, Outcome, Parcel
from apps.queue.envelopes import Envelope
from tests.certificates import Issued, issue, make_authority, trusting
from tests.dns_server import SECURE, SERVFAIL, Zone, serving
from tests.mailflow.arrivals import a_database
from tests.mailflow.test_deliver_remote import FAST, a_parcel
from tests.policy_server import Publisher, publishing
from tests.smtp_sink import Sink, sinking

pytestmark = [pytest.mark.usefixtures("real_database"), pytest.mark.slow]

AUTHORITY = make_authority()
MX = issue("mx.far.example", by=AUTHORITY)
STRANGER = issue("mx.far.example")
ZONE = """
far.example          MX 10 mx.far.example.
mx.far.example       A  127.0.0.1
mta-sts.far.example  A  127.0.0.1
"""
LETTER = b"Subject: lunch\r\n\r\nAt noon?\r\n"
OPTIONAL = b"TLS-Required: No\r\n" + LETTER


@dataclass
class World:
    """far.example with its name server, mail server and policy, and a courier that writes there."""

    directory: Path
    zone: Zone = field(default_factory=lambda: Zone(ZONE, ttl=0))
    publisher: Publisher = field(default_factory=Publisher)
    shown: Issued | None = MX
    letter: bytes = LETTER
    notes: list[TlsSession] = field(default_factory=list)
    sink: Sink = field(default_factory=Sink)
    base: str = "mx.far.example"

    def promise(self, mode: str, host: str = "mx.far.example") -> None:
        """Publish a policy."""
        self.zone.records["_mta-sts.far.example", "TXT"] = ['"v=STSv1; id=1;"']
        self.publisher.body = f"version: STSv1\nmode: {mode}\nmx: {host}\nmax_age: 86400\n".encode()

    def sign(self) -> None:
        """Have DNSSEC vouch for all of it."""
        self.zone.faults |= dict.fromkeys({name for name, _ in self.zone.records}, SECURE)

    def vouch(self, *records: str) -> None:
        """Publish TLSA records, signed; the port is filled in once the server has one."""
        self.zone.records["_tlsa", "TLSA"] = list(records)
        self.sign()

    def send(self, *parcels: Parcel, verified: Sequence[str] = (), routes: str = "") -> list[Outcome]:
        """Send, on the loop that the product uses."""
        parcels = parcels or (a_parcel(1, "friend@far.example"),)
        site = issue("mta-sts.far.example", by=AUTHORITY).server(self.directory)
        tls = self.shown.server(self.directory) if self.shown else None
        with (
            serving(self.zone) as dns,
            sinking(self.sink, tls=tls) as (_, port),
            publishing(self.publisher, site) as web,
        ):
            name = f"_{port}._tcp.{self.base}"
            if records := self.zone.records.pop(("_tlsa", "TLSA"), None):
                self.zone.records[name, "TLSA"] = records
                self.zone.faults[name] = self.zone.faults.pop("_tlsa")
            resolver = Resolver([dns], ["127.0.0.1"])
            fetcher = Fetcher(resolver, web, trusting(AUTHORITY))

            async def carry() -> list[Carried]:
                async with a_database() as database:
                    hops = NextHops(
                        resolver,
                        "mail.example.test",
                        parse_routes(routes.replace("PORT", str(port))),
                        port,
                        Policies(resolver, database, fetcher),
                        verified=verified,
                    )
                    courier = RemoteCourier(
                        hops,
                        self._load,
                        timeouts=FAST,
                        note=self._note,
                        verifying=lambda: trusting(AUTHORITY),
                    )
                    return [pair async for pairs in courier.deliver(parcels) for pair in pairs]

            carried = uvloop.run(carry())
        outcomes = {parcel.id: outcome for parcel, outcome in carried}
        assert len(carried) == len(parcels)
        return [outcomes[parcel.id] for parcel in parcels]

    async def _load(self, parcel: Parcel) -> bytes:
        return self.letter

    async def _note(self, sessions: Sequence[TlsSession]) -> None:
        self.notes += sessions


@pytest.fixture
def world(tmp_path: Path) -> World:
    MtaStsPolicy.objects.all().delete()
    return World(tmp_path)


def tlsa(usage: int, selector: int, of: Issued, matching: int = 1) -> str:
    subject = of.public_key if selector else of.der
    return (
        f"{usage} {selector} {matching} {hashlib.sha256(subject).hexdigest() if matching else subject.hex()}"
    )


def requiring(number: int = 1) -> Parcel:
    return dataclasses.replace(
        a_parcel(number, "friend@far.example", message=number),
        envelope=Envelope("bob@example.test", requiretls=True),
    )


def refused(world: World, code: str, result: TlsResult, **options: Sequence[str]) -> None:
    [outcome] = world.send(**options)  # type: ignore[arg-type]
    assert isinstance(outcome, Deferred)
    assert str(outcome.reply).startswith(code)
    assert world.sink.taken == []
    assert world.notes[-1].result is result


# --- MTA-STS ---------------------------------------------------------------------------------------------------


def test_a_server_that_its_policy_names_and_whose_certificate_holds(world: World) -> None:
    world.promise("enforce")
    [outcome] = world.send()
    assert isinstance(outcome, Delivered)
    assert world.sink.taken[0].is_tls
    [noted] = world.notes
    assert (noted.domain, noted.policy, noted.host, noted.result) == (
        "far.example",
        "sts",
        "mx.far.example",
        "",
    )
    assert noted.policy_lines[1] == "mode: enforce"


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        (STRANGER, TlsResult.NOT_TRUSTED),
        (issue("mx.other.example", by=AUTHORITY), TlsResult.HOST_MISMATCH),
        (issue("mx.far.example", by=AUTHORITY, days=-1), TlsResult.EXPIRED),
    ],
)
def test_a_certificate_that_does_not_hold(world: World, shown: Issued, result: TlsResult) -> None:
    world.shown = shown
    world.promise("enforce")
    refused(world, "451 4.7.5 The mail server's certificate does not hold: ", result)


def test_a_server_that_its_policy_does_not_name(world: World) -> None:
    world.promise("enforce", "mx.elsewhere.example")
    refused(world, "451 4.7.5 The domain's MTA-STS policy does not name", TlsResult.FAILURE)
    assert world.sink.connections == 0


def test_somebody_takes_starttls_away(world: World) -> None:
    world.shown = None
    world.promise("enforce")
    refused(world, "451 4.7.4 TLS is required", TlsResult.NO_STARTTLS)


@pytest.mark.parametrize("shown", [STRANGER, None])
def test_a_policy_under_test_stops_nothing_and_is_noted(world: World, shown: Issued | None) -> None:
    world.shown = shown
    world.promise("testing")
    [outcome] = world.send()
    assert isinstance(outcome, Delivered)
    assert world.sink.taken[0].is_tls is (shown is not None)
    assert world.notes[0].policy == "sts"
    assert world.notes[0].result is (TlsResult.NOT_TRUSTED if shown else TlsResult.NO_STARTTLS)


def test_a_policy_under_test_that_does_not_name_the_server(world: World) -> None:
    world.promise("testing", "mx.elsewhere.example")
    assert isinstance(world.send()[0], Delivered)
    assert [note.result for note in world.notes] == [TlsResult.FAILURE]


def test_a_policy_that_says_none(world: World) -> None:
    world.shown = STRANGER
    world.promise("none")
    assert isinstance(world.send()[0], Delivered)
    assert world.notes[0].policy == "no-policy-found"


def test_one_that_cannot_be_had_is_noted_and_mail_goes_on(world: World) -> None:
    world.shown = STRANGER
    world.promise("enforce")
    world.publisher.status = 404
    assert isinstance(world.send()[0], Delivered)
    assert [note.result for note in world.notes] == [TlsResult.FETCH_ERROR, TlsResult.SUCCESS]


# --- DANE ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1])
def test_its_own_certificate_is_vouched_for(world: World, selector: int, matching: int) -> None:
    """Neither name nor date counts then (RFC 7672 3.1.1)."""
    world.shown = issue("whoever.example", days=-1)
    world.vouch(tlsa(3, selector, world.shown, matching))
    assert isinstance(world.send()[0], Delivered)
    assert world.sink.taken[0].is_tls
    [noted] = world.notes
    assert (noted.policy, noted.result) == ("tlsa", "")
    assert noted.policy_lines[0].startswith(f"3 {selector} {matching} ")


@pytest.mark.parametrize(("selector", "matching"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_its_authority_is_vouched_for(world: World, selector: int, matching: int) -> None:
    world.vouch(tlsa(2, selector, AUTHORITY, matching))
    assert isinstance(world.send()[0], Delivered)
    assert world.sink.taken[0].is_tls


def test_an_intermediate_authority_is_enough(world: World) -> None:
    between = issue("Between", by=AUTHORITY, is_authority=True)
    world.shown = issue("far.example", by=between)
    world.vouch(tlsa(2, 1, between))
    assert isinstance(world.send()[0], Delivered)


@pytest.mark.parametrize(
    "shown",
    [
        issue("mx.other.example", by=AUTHORITY),
        issue("mx.far.example", by=AUTHORITY, days=-1),
        dataclasses.replace(STRANGER, chain=(STRANGER.certificate, AUTHORITY.certificate)),
    ],
)
def test_under_an_authority_name_date_and_chain_count(world: World, shown: Issued) -> None:
    """The last one shows an authority's certificate that never issued its own."""
    world.shown = shown
    world.vouch(tlsa(2, 0, AUTHORITY))
    [outcome] = world.send()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.7.5"
    assert world.sink.taken == []


def test_a_certificate_that_no_record_matches(world: World) -> None:
    world.vouch(tlsa(3, 1, STRANGER))
    refused(world, "451 4.7.5 The mail server's certificate is none of those", TlsResult.FAILURE)


def test_dane_goes_before_mta_sts(world: World) -> None:
    """A certificate that MTA-STS would take does not help, and one that it would not take does no harm."""
    world.promise("enforce", "mx.elsewhere.example")
    world.vouch(tlsa(3, 1, MX))
    assert isinstance(world.send()[0], Delivered)
    world.promise("enforce")
    world.vouch(tlsa(3, 1, STRANGER))
    assert isinstance(world.send()[0], Deferred)


def test_records_that_dnssec_does_not_vouch_for_do_not_count(world: World) -> None:
    world.zone.records["_tlsa", "TLSA"] = [tlsa(3, 1, STRANGER)]
    world.zone.faults["_tlsa"] = ""
    world.sign()
    world.zone.faults["_tlsa"] = ""
    assert isinstance(world.send()[0], Delivered)


def test_records_that_cannot_be_looked_up_stop_mail(world: World) -> None:
    """Whoever could make them vanish would switch DANE off (RFC 7672 2.1.3)."""
    world.vouch(tlsa(3, 1, MX))
    world.zone.faults["_tlsa"] = SERVFAIL
    refused(world, "451 4.4.3 The mail server's TLSA records", TlsResult.DNSSEC_INVALID)


def test_records_none_of_which_can_be_used_demand_tls_with_whomever(world: World) -> None:
    world.vouch(tlsa(1, 1, MX))
    world.shown = STRANGER
    assert isinstance(world.send()[0], Delivered)
    assert world.notes[0].result is TlsResult.TLSA_INVALID
    world.vouch(tlsa(1, 1, MX))
    world.shown, world.sink = None, Sink()
    refused(world, "451 4.7.4", TlsResult.NO_STARTTLS)


# --- what senders and operators ask for ------------------------------------------------------------------------


def test_no_policy_no_promise(world: World) -> None:
    world.shown = STRANGER
    assert isinstance(world.send()[0], Delivered)
    assert [(note.policy, note.result) for note in world.notes] == [("no-policy-found", "")]


def test_the_operator_wants_certificates_that_hold(world: World) -> None:
    world.shown = STRANGER
    refused(world, "451 4.7.5", TlsResult.NOT_TRUSTED, verified=["far.example"])
    refused(world, "451 4.7.5", TlsResult.NOT_TRUSTED, verified=["*"])
    world.shown = MX
    assert isinstance(world.send(verified=["far.example"])[0], Delivered)


def test_who_says_that_tls_is_optional_is_not_kept_waiting(world: World) -> None:
    world.shown, world.letter = None, OPTIONAL
    world.promise("enforce")
    assert isinstance(world.send()[0], Delivered)
    world.promise("enforce", "mx.elsewhere.example")
    MtaStsPolicy.objects.all().delete()
    world.shown = STRANGER
    assert isinstance(world.send()[0], Delivered)
    assert world.sink.taken[-1].is_tls


def test_optional_is_for_the_sender_alone_to_say() -> None:
    assert says_tls_is_optional(b"Subject: x\r\nTls-Required:  no \r\n\r\n")
    assert not says_tls_is_optional(b"Subject: x\r\nTLS-Required: maybe\r\n\r\n")
    assert not says_tls_is_optional(b"Subject: x\r\n\r\nTLS-Required: No\r\n")


class Promising(Sink):
    """A server that promises to keep REQUIRETLS."""

    said: list[list[str]]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # type: ignore[no-untyped-def]  # noqa: N802
        responses = await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*responses[:-1], "250-REQUIRETLS", responses[-1]]

    async def handle_MAIL(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
        self.said = [*getattr(self, "said", []), options]
        envelope.mail_from = address
        return "250 2.1.0 OK"


def test_requiretls_is_kept_where_the_next_server_promises_it(world: World) -> None:
    world.sink = Promising()
    world.promise("enforce")
    outcomes = world.send(requiring())
    # aiosmtpd knows no such parameter, and refuses it: what matters is that it was said over TLS.
    assert [outcome.reply.code for outcome in outcomes] == [555]


def test_requiretls_is_returned_where_it_cannot_be_kept(world: World) -> None:
    world.promise("enforce")
    usual = a_parcel(2, "friend@far.example", message=2)
    failed, delivered = world.send(requiring(), usual)
    assert isinstance(failed, Failed)
    assert str(failed.reply).startswith("550 5.7.30 REQUIRETLS")
    assert isinstance(delivered, Delivered)


def test_requiretls_wants_somebody_to_vouch_for_the_server(world: World) -> None:
    [failed] = world.send(requiring())
    assert isinstance(failed, Failed)
    assert "neither DNSSEC nor MTA-STS" in str(failed.reply)
    assert world.sink.connections == 0
    world.sign()
    [failed] = world.send(requiring())
    assert "does not offer it" in str(failed.reply)


def test_requiretls_waits_where_tls_fails(world: World) -> None:
    """It may be mended; TLS-Required means nothing beside it (RFC 8689 3)."""
    world.shown, world.letter = STRANGER, OPTIONAL
    world.promise("enforce")
    [outcome] = world.send(requiring())
    assert isinstance(outcome, Deferred)
    assert outcome.reply.enhanced == "4.7.5"
    assert world.sink.taken == []


def test_a_route_of_the_operators_is_not_held_to_the_domains_policy(world: World) -> None:
    world.promise("enforce", "mx.elsewhere.example")
    [outcome] = world.send(routes="*=127.0.0.1:PORT")
    assert isinstance(outcome, Delivered)
