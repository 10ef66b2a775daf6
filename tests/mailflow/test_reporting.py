"""Reports to others: once a day, to whoever asked for them and agreed, and never to ourselves."""

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest

from apps.domains.models import Domain
from apps.domains.resolver import Resolver
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailflow.reporting import tell_all
from apps.protocols.mailauth.reports import AggregateReport, TlsReport, read_report
from apps.queue.models import QueuedMessage, QueuedRecipient
from apps.reports.models import Observation, Told
from apps.reports.noting import Notebook
from apps.reports.seen import Seen, TlsSeen
from apps.reports.services import set_sending
from apps.store import blobs
from tests.dns_server import SERVFAIL, Zone, serving
from tests.factories import a_domain

from .signed import judged, let_sign

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 23)
ZONE = """
_dmarc.far.example TXT "v=DMARC1; p=reject; rua=mailto:d@far.example,mailto:x@reports.example,mailto:y@no.example"
far.example._report._dmarc.reports.example TXT "v=DMARC1"
_dmarc.small.example TXT "v=DMARC1; p=none; rua=mailto:d@small.example!1k"
_dmarc.quiet.example TXT "v=DMARC1; p=none"
_smtp._tls.far.example TXT "v=TLSRPTv1; rua=https://far.example/tls,mailto:tls@far.example"
"""


@pytest.fixture
def zone() -> Zone:
    return Zone(ZONE, {"_dmarc.broken.example": SERVFAIL})


@pytest.fixture
def server(zone: Zone) -> Iterator[str]:
    with serving(zone) as server:
        yield server


@pytest.fixture
def resolver(server: str) -> Resolver:
    return Resolver([server])


@pytest.fixture
def ours() -> Domain:
    Observation.objects.all().delete()
    return a_domain()


def saw(ours: Domain, *names: str, day: dt.date = DAY) -> None:
    book = Notebook()
    for name in names:
        seen = Seen(name, "192.0.2.1", "none", "pass", "fail", name, name, ((name, "s1", "pass"),))
        book.note([ours.organisation_id], seen, day)
    perform(book.written())


def tell(resolver: Resolver, now: dt.datetime = NOW) -> int:
    return tell_all(lambda: True, now=now, resolver=resolver)


def queued(ours: Domain) -> Sequence[tuple[str, bytes]]:
    found = []
    for message in QueuedMessage.objects.filter(organisation_id=ours.organisation_id).order_by("id"):
        [recipient] = QueuedRecipient.objects.filter(message=message)
        ref = blobs.BlobRef(message.organisation_id, bytes(message.blob_hash), message.size)
        found.append((recipient.address, perform(blobs.get(ref))))
        assert message.sender == ""
    return found


def outcomes(ours: Domain) -> dict[str, str]:
    found = Told.objects.filter(organisation_id=ours.organisation_id)
    return {told.policy_domain: told.outcome for told in found}


def test_it_works(ours: Domain, resolver: Resolver) -> None:
    saw(ours, "far.example", "far.example")
    assert tell(resolver) == 2
    (first, message), (second, _) = queued(ours)
    assert (first, second) == ("d@far.example", "x@reports.example")
    report = read_report(message)
    assert isinstance(report, AggregateReport)
    assert (report.organisation, report.published.policy) == (ours.name, "reject")
    assert report.end - report.begin == 86399
    [row] = report.rows
    assert (row.source, row.count, row.dkim, row.dkim_results[0].selector) == ("192.0.2.1", 2, "pass", "s1")
    assert f"From: <noreply-reports@{ours.name}>".encode() in message
    assert f"{ours.name}!far.example!{report.begin}!{report.end}.xml.gz".encode() in message
    assert tell(resolver) == 0


def test_today_is_not_over(ours: Domain, resolver: Resolver) -> None:
    saw(ours, "far.example", day=NOW.date())
    assert tell(resolver) == 0
    assert not outcomes(ours)
    assert tell(resolver, NOW + dt.timedelta(days=1)) == 2


def test_what_went_over_tls_is_told(ours: Domain, resolver: Resolver) -> None:
    book = Notebook()
    for result in ("", "", "certificate-expired"):
        book.note([ours.organisation_id], TlsSeen("far.example", "sts", result, host="mx.far.example"), DAY)
    perform(book.written())
    assert tell(resolver) == 1
    [(address, message)] = queued(ours)
    report = read_report(message)
    assert isinstance(report, TlsReport)
    # One sum for the policy, whatever the hosts.
    [policy] = report.policies
    assert (address, policy.kind, policy.successful, policy.failed) == ("tls@far.example", "sts", 2, 1)
    assert policy.details[0].receiving_host == "mx.far.example"


def test_who_gets_none(ours: Domain, resolver: Resolver) -> None:
    saw(ours, ours.name, "quiet.example", "small.example", "none.example")
    assert tell(resolver) == 0
    assert outcomes(ours) == {
        ours.name: "a domain of ours",
        "quiet.example": "nobody asked for it, or agreed to get it",
        "none.example": "no DMARC record",
        "small.example": "larger than its recipients take",
    }


def test_an_address_of_ours_gets_none(ours: Domain, zone: Zone, resolver: Resolver) -> None:
    zone.records["_dmarc.customer.example", "TXT"] = [f'"v=DMARC1; p=none; rua=mailto:d@{ours.name}"']
    saw(ours, "customer.example")
    assert tell(resolver) == 0


def test_a_fault_is_asked_again(ours: Domain, zone: Zone, server: str, resolver: Resolver) -> None:
    saw(ours, "broken.example")
    assert tell(resolver) == 0
    assert not outcomes(ours)
    zone.faults.clear()
    assert tell(Resolver([server])) == 0
    assert outcomes(ours) == {"broken.example": "no DMARC record"}


def test_an_organisation_may_say_nothing(ours: Domain, resolver: Resolver) -> None:
    set_sending(organisation=ours.organisation, on=False, actor=SYSTEM)
    saw(ours, "far.example")
    assert tell(resolver) == 0
    assert not outcomes(ours)


def test_a_report_is_signed(ours: Domain, zone: Zone, server: str, resolver: Resolver) -> None:
    """By a domain of the organisation that can."""
    signing = a_domain(organisation=ours.organisation)
    for line in let_sign(signing).splitlines():
        name, kind, data = line.split(maxsplit=2)
        zone.records[name.lower(), kind] = [data]
    saw(ours, "far.example")
    assert tell(resolver) == 2
    message = QueuedMessage.objects.filter(organisation_id=ours.organisation_id).order_by("id")[0]
    _, body = queued(ours)[0]
    assert f"From: <noreply-reports@{signing.name}>".encode() in body
    assert judged(bytes(message.prefix) + body, server) == [("rsa-sha256", True), ("ed25519-sha256", True)]
