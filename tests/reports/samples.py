"""Reports as a domain of some age has them: of every kind of source, of sessions, and a complaint."""

import datetime as dt
import uuid

from django.utils import timezone

from apps.domains.models import Domain
from apps.protocols.mailauth.reports import (
    AggregateReport,
    DkimAuth,
    FailureDetail,
    Feedback,
    Published,
    Reason,
    Row,
    SpfAuth,
    TlsPolicy,
    TlsReport,
)
from apps.reports.models import SourceName
from apps.reports.services import file_report

DAYS = 10


def some_reports(domain: Domain, *, now: dt.datetime | None = None, days: int = DAYS) -> None:
    """File them, as of so many days before `now`."""
    now = now or timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(days):
        begin = int((midnight - dt.timedelta(days=number + 1)).timestamp())
        for reporter, share in (("big-mail.example", 3), ("uni.example", 1)):
            report = AggregateReport(
                organisation=reporter,
                email=f"noreply-dmarc@{reporter}",
                report_id=f"{begin}.{reporter}",
                begin=begin,
                end=begin + 86399,
                published=Published(domain.name, "none", "none", "", "r", "r"),
                rows=tuple(rows(domain.name, share + number % 3)),
            )
            file_report(domain=domain, report=report, trace_id=uuid.uuid4(), now=now)
    sessions(domain, now, int((midnight - dt.timedelta(days=1)).timestamp()))
    for address, name in (
        ("203.0.113.25", "mail.service.example"),
        ("192.0.2.10", f"mx.{domain.name}"[:253]),
    ):
        SourceName.objects.update_or_create(address=address, defaults={"name": name, "looked_at": now})


def rows(name: str, count: int) -> list[Row]:
    """Return one row of each kind of source."""
    ours, broken = DkimAuth(name, "s1", "pass"), DkimAuth(name, "s1", "fail")
    other = SpfAuth("mailer.example", "mfrom", "pass")
    spf = SpfAuth(name, "mfrom", "pass")
    return [
        Row("192.0.2.10", 40 * count, "none", "pass", "pass", name, name, "", (), (ours,), (spf,)),
        Row("2001:db8::25", 6 * count, "none", "fail", "pass", name, name, "", (), (), (spf,)),
        Row(
            "198.51.100.7",
            2 * count,
            "none",
            "fail",
            "fail",
            name,
            "lists.example",
            "",
            (Reason("mailing_list"),),
            (broken,),
            (SpfAuth("lists.example", "mfrom", "pass"),),
        ),
        Row("203.0.113.25", 9 * count, "none", "fail", "fail", name, "mailer.example", "", (), (), (other,)),
        Row("198.51.100.99", count, "reject" if count % 2 else "none", "fail", "fail", name, name),
    ]


def sessions(domain: Domain, now: dt.datetime, begin: int) -> None:
    """File a TLS report and a complaint."""
    details = (
        FailureDetail("certificate-expired", "192.0.2.1", f"mx2.{domain.name}", failed=5),
        FailureDetail("starttls-not-supported", "192.0.2.1", f"mx3.{domain.name}", failed=2),
    )
    policy = TlsPolicy("sts", domain.name, successful=120, failed=7, details=details)
    report = TlsReport(
        "big-mail.example", "tls@big-mail.example", f"tls.{begin}", begin, begin + 86399, (policy,)
    )
    file_report(domain=domain, report=report, trace_id=uuid.uuid4(), now=now)
    complaint = Feedback(
        "abuse",
        "Feedback loop",
        source="192.0.2.10",
        mail_from=f"news@{domain.name}",
        arrived=begin,
        subject="Our autumn offers",
    )
    file_report(domain=domain, report=complaint, trace_id=uuid.uuid4(), now=now)
