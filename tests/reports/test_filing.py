"""Reports that came: kept once, row by row, about domains of ours alone; hostile ones are refused with a line."""

import datetime as dt
import gzip
import logging
import random
import uuid
from dataclasses import replace

import pytest

from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.protocols.mailauth.reports import AggregateReport, Feedback, Report, ReportError, TlsReport
from apps.protocols.mailauth.reports.writing import Letterhead, aggregate_message, tls_message
from apps.reports import incoming, keeping, reading
from apps.reports.models import Complaint, Incoming, Received, ReceivedRow, ReceivedTls, ReportSetting
from apps.reports.services import MOST_A_DAY, file_report, set_sending
from apps.store import blobs
from tests.factories import a_domain
from tests.protocols.mailauth.reports.samples import AGGREGATE, TLS, carried

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
YESTERDAY = int(NOW.timestamp()) - 86400


def about(domain: Domain, begin: int = YESTERDAY) -> AggregateReport:
    """Return a sample about this domain, of yesterday."""
    published = replace(AGGREGATE.published, domain=domain.name)
    return replace(AGGREGATE, published=published, begin=begin, end=begin + 3600)


def sessions(domain: Domain, begin: int = YESTERDAY) -> TlsReport:
    policies = tuple(replace(policy, domain=domain.name) for policy in TLS.policies)
    return replace(TLS, policies=policies, begin=begin, end=begin + 3600)


def file(domain: Domain, report: Report) -> bool:
    return file_report(domain=domain, report=report, trace_id=uuid.uuid4(), now=NOW)


def came(domain: Domain, message: bytes, local: str = "dmarc-reports") -> None:
    """Keep a message for the reader, as local delivery does."""
    [ref] = perform(blobs.put_many(domain.organisation_id, [message]))
    letter = incoming.Letter(
        f"{local}@{domain.name}", domain.organisation_id, ref.hash, ref.size, uuid.uuid4(), NOW
    )
    perform(incoming.take([letter]))


def test_it_works() -> None:
    domain = a_domain()
    assert file(domain, about(domain))
    received = Received.objects.get(domain=domain)
    assert (received.reporter, received.kind, received.published["p"]) == ("receiver.test", "dmarc", "reject")
    row = ReceivedRow.objects.get(domain=domain)
    assert (row.source, row.count, row.dkim, row.spf) == ("192.0.2.1", 3, "fail", "pass")
    assert row.reasons == [["mailing_list", 'list "x" & <y>']]
    assert row.dkim_results == [["list.test", "s1", "pass"]]


def test_the_same_report_twice_is_kept_once() -> None:
    domain = a_domain()
    assert file(domain, about(domain))
    assert not file(domain, about(domain))
    assert ReceivedRow.objects.filter(domain=domain).count() == 1


def test_names_as_long_as_they_may_be_are_kept() -> None:
    domain = a_domain()
    noise = random.Random(4)
    long = "".join(chr(noise.randrange(0x20000, 0x2A6D0)) for _ in range(1000))
    assert file(domain, replace(about(domain), organisation=long, report_id=long))
    assert not file(domain, replace(about(domain), organisation=long, report_id=long))


def test_sessions_are_kept_by_what_became_of_them() -> None:
    domain = a_domain()
    assert file(domain, sessions(domain))
    total, failure = ReceivedTls.objects.filter(domain=domain).order_by("result")
    assert (total.successful, total.failed, total.result) == (5, 2, "")
    assert (failure.result, failure.failed, failure.host) == ("certificate-expired", 2, "mx.example.test")


def test_a_complaint_is_kept() -> None:
    domain = a_domain()
    complaint = Feedback("abuse", source="192.0.2.9", subject="Sale\0", arrived=1, reporting_mta="fbl.test")
    assert file(domain, complaint)
    kept = Complaint.objects.get(domain=domain)
    assert (kept.kind, kept.source, kept.subject, kept.arrived_at) == ("abuse", "192.0.2.9", "Sale", None)


def test_a_report_about_others_is_refused() -> None:
    domain = a_domain()
    with pytest.raises(ReportError, match=r"a report about example\.test"):
        file(domain, replace(AGGREGATE, begin=YESTERDAY, end=YESTERDAY))
    with pytest.raises(ReportError, match="another time"):
        file(domain, replace(AGGREGATE, begin=1, end=2))
    with pytest.raises(ReportError, match="about nothing"):
        file(domain, replace(TLS, begin=YESTERDAY, end=YESTERDAY, policies=()))


def test_nobody_can_fill_the_table() -> None:
    domain = a_domain()
    Received.objects.bulk_create(
        Received(
            domain=domain,
            kind="dmarc",
            reporter="x",
            report_id=str(n),
            begins_at=NOW,
            ends_at=NOW,
            received_at=NOW,
        )
        for n in range(MOST_A_DAY)
    )
    with pytest.raises(ReportError, match="in a day"):
        file(domain, about(domain))


def test_the_reader_reads_what_came(caplog: pytest.LogCaptureFixture) -> None:
    domain = a_domain()
    now = dt.datetime.now(dt.UTC)
    head = Letterhead("a@receiver.test", f"dmarc-reports@{domain.name}", "mx.receiver.test", "1@x.test", now)
    begin = int(now.timestamp()) - 90000
    came(domain, aggregate_message(about(domain, begin), head))
    came(domain, tls_message(sessions(domain, begin), head, domain.name), "tlsrpt")
    came(domain, carried(gzip.compress(b"<feedback>" + b"<a/>" * 1_000_000)))
    came(domain, b"Subject: hello\r\n\r\nHello.\r\n", "abuse")
    assert reading.is_due()
    with caplog.at_level(logging.WARNING, "apps.reports"):
        assert reading.read_all(lambda: True) == 2
    assert [record.__dict__.get("reason") for record in caplog.records] == [
        "packed more than 250 times: a bomb"
    ]
    assert not reading.is_due()
    assert Received.objects.filter(domain=domain).count() == 2


def test_what_kills_its_reader_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    domain = a_domain()
    came(domain, b"Subject: x\r\n\r\n")
    Incoming.objects.update(attempts=reading.MOST_ATTEMPTS)
    assert reading.read_all(lambda: True) == 0
    assert "again and again" in caplog.records[-1].__dict__["reason"]
    assert not Incoming.objects.exists()


def test_mail_for_a_domain_that_is_not_ours_is_not_kept() -> None:
    [ref] = perform(blobs.put_many(a_domain().organisation_id, [b"x"]))
    perform(incoming.take([incoming.Letter("tlsrpt@nowhere.test", 1, ref.hash, 1, uuid.uuid4(), NOW)]))
    assert not Incoming.objects.exists()


def test_which_mail_may_be_a_report() -> None:
    complaint = b'... ("REPORT-TYPE" "feedback-report") ...'
    named = b'..."[Preview] Report Domain: example.test Submitter: receiver.test Report-ID: <1>"...'
    assert incoming.may_be_report("DMARC-Reports+x@example.test", b"")
    assert incoming.may_be_report("abuse@example.test", complaint)
    assert incoming.may_be_report("alice@example.test", named)
    assert not incoming.may_be_report("abuse@example.test", b"")
    assert not incoming.may_be_report("alice@example.test", complaint)


def test_a_report_may_be_about_a_name_below_or_another_domain_of_theirs() -> None:
    domain = a_domain()
    other = a_domain(organisation=domain.organisation)
    below = replace(
        about(domain), report_id="2", published=replace(AGGREGATE.published, domain=f"news.{domain.name}")
    )
    assert file(domain, below)
    assert file(domain, about(other))
    assert ReceivedRow.objects.filter(domain=domain).count() == 1
    assert ReceivedRow.objects.filter(domain=other).count() == 1
    with pytest.raises(ReportError):
        file(domain, about(a_domain()))


def test_old_reports_are_forgotten() -> None:
    domain = a_domain()
    file(domain, about(domain))
    file(domain, Feedback("abuse"))
    assert keeping.forget(lambda: True, now=NOW) == 0
    assert keeping.forget(lambda: True, now=NOW + dt.timedelta(days=200)) == 2
    assert not ReceivedRow.objects.filter(domain=domain).exists()


@pytest.mark.usefixtures("nothing_told")
def test_an_organisation_may_say_nothing() -> None:
    organisation = a_domain().organisation
    set_sending(organisation=organisation, on=False, actor=SYSTEM)
    assert not ReportSetting.objects.get(organisation=organisation).sends
    set_sending(organisation=organisation, on=True, actor=SYSTEM)
    assert ReportSetting.objects.get(organisation=organisation).sends
