"""Reports filed, and whether an organisation sends its own."""

import datetime as dt
import itertools
import logging
import uuid

from django.db import transaction
from django.db.models.functions import Length

from apps.domains.models import Domain
from apps.events import audit
from apps.organisations.models import Organisation
from apps.protocols.mailauth.reports import AggregateReport, Feedback, Report, ReportError, TlsReport

from .models import Complaint, Received, ReceivedRow, ReceivedTls, ReportSetting

log = logging.getLogger(__name__)

MOST_A_DAY = 1000
"""How many reports about one domain are kept a day: anybody may write them."""
MOST_KEY = 253
"""So many characters of each name tell reports apart: an index takes no more than 2704 bytes of both."""
OLDEST = dt.timedelta(days=400)
BATCH = 1000


def set_sending(*, organisation: Organisation, on: bool, actor: audit.Actor) -> None:
    """Begin or stop telling others what came in their name."""
    with transaction.atomic():
        ReportSetting.objects.update_or_create(organisation=organisation, defaults={"sends": on})
        audit.record(
            actor=actor,
            action="organisation.reports",
            target=audit.Target("organisation", organisation.id, organisation.name, organisation.id),
            details={"sends": on},
        )


def file_report(*, domain: Domain, report: Report, trace_id: uuid.UUID, now: dt.datetime) -> bool:
    """Keep a report that came to a domain; False if we have it already. Raises ReportError.

    It may be about another domain of the same organisation, or about a name below.
    """
    with transaction.atomic():
        if isinstance(report, Feedback):
            return _file_complaint(domain, report, trace_id, now)
        begins, ends = _moment(report.begin, now), _moment(report.end, now)
        domain = _whose(domain, report)
        since = now - dt.timedelta(days=1)
        if Received.objects.filter(domain=domain, received_at__gte=since).count() >= MOST_A_DAY:
            raise ReportError(f"more than {MOST_A_DAY} reports about {domain.name} in a day")
        received, is_new = Received.objects.get_or_create(
            domain=domain,
            kind=Received.Kind.DMARC if isinstance(report, AggregateReport) else Received.Kind.TLS,
            reporter=_clean(report.organisation)[:MOST_KEY] or "?",
            report_id=_clean(report.report_id)[:MOST_KEY],
            defaults={
                "contact": _clean(report.email if isinstance(report, AggregateReport) else report.contact),
                "begins_at": begins,
                "ends_at": ends,
                "published": _published(report),
                "left_out": report.left_out if isinstance(report, AggregateReport) else 0,
                "trace_id": trace_id,
                "received_at": now,
            },
        )
        if not is_new:
            return False
        if isinstance(report, AggregateReport):
            _file_rows(received, report)
        else:
            _file_sessions(received, report)
    return True


def _whose(came_to: Domain, report: AggregateReport | TlsReport) -> Domain:
    """Return the domain of ours that a report is about, the longest name that fits."""
    if isinstance(report, AggregateReport):
        about = {report.published.domain}
    else:
        about = {policy.domain for policy in report.policies if policy.domain}
    names = sorted(about)
    for domain in Domain.objects.filter(
        organisation_id=came_to.organisation_id, name__in=_above(names[:1])
    ).order_by(Length("name").desc()):
        if all(f".{name}".endswith(f".{domain.name}") for name in names):
            return domain
    raise ReportError(f"a report about {', '.join(names)[:200] or 'nothing'}, sent to {came_to.name}")


def _above(names: list[str]) -> list[str]:
    return [
        ".".join(labels[n:]) for labels in (name.split(".") for name in names) for n in range(len(labels))
    ]


def _file_rows(received: Received, report: AggregateReport) -> None:
    # A batch at a time: ten thousand rows as objects take more memory than the report did.
    for batch in itertools.batched(report.rows, BATCH):
        ReceivedRow.objects.bulk_create(
            ReceivedRow(
                received=received,
                domain_id=received.domain_id,
                day=received.begins_at.date(),
                source=row.source,
                count=row.count,
                disposition=row.disposition,
                dkim=row.dkim,
                spf=row.spf,
                header_from=_clean(row.header_from),
                envelope_from=_clean(row.envelope_from),
                reasons=[[reason.kind, _clean(reason.comment)] for reason in row.reasons],
                dkim_results=[
                    [_clean(one.domain), _clean(one.selector)[:253], one.result] for one in row.dkim_results
                ],
                spf_results=[[_clean(one.domain), one.scope, one.result] for one in row.spf_results],
            )
            for row in batch
        )


def _file_sessions(received: Received, report: TlsReport) -> None:
    rows = []
    for policy in report.policies:
        shared = {"received": received, "domain_id": received.domain_id, "day": received.begins_at.date()}
        rows.append(
            ReceivedTls(**shared, policy=policy.kind, successful=policy.successful, failed=policy.failed)
        )
        rows += [
            ReceivedTls(
                **shared,
                policy=policy.kind,
                failed=detail.failed,
                result=detail.result or "other",
                host=_clean(detail.receiving_host),
                information=_clean(" ".join(filter(None, (detail.reason_code, detail.information)))),
            )
            for detail in policy.details
        ]
    ReceivedTls.objects.bulk_create(rows, batch_size=BATCH)


def _file_complaint(domain: Domain, report: Feedback, trace_id: uuid.UUID, now: dt.datetime) -> bool:
    since = now - dt.timedelta(days=1)
    if Complaint.objects.filter(domain=domain, received_at__gte=since).count() >= MOST_A_DAY:
        raise ReportError(f"more than {MOST_A_DAY} complaints to {domain.name} in a day")
    _, is_new = Complaint.objects.get_or_create(
        domain=domain,
        trace_id=trace_id,
        defaults={
            "kind": report.kind,
            "reporter": _clean(report.reporting_mta or report.user_agent),
            "source": report.source or None,
            "mail_from": _clean(report.mail_from),
            "subject": _clean(report.subject),
            "message_id": _clean(report.message_id),
            "failure": _clean(report.auth_failure)[:40],
            "incidents": report.incidents,
            "arrived_at": None if report.arrived is None else _past(report.arrived, now),
            "received_at": now,
        },
    )
    return is_new


def _published(report: AggregateReport | TlsReport) -> dict[str, str]:
    if not isinstance(report, AggregateReport):
        return {}
    policy = report.published
    told = {"p": policy.policy, "sp": policy.subdomain, "np": policy.nonexistent, "adkim": policy.adkim}
    return {name: value for name, value in {**told, "aspf": policy.aspf}.items() if value}


def _moment(seconds: int, now: dt.datetime) -> dt.datetime:
    when = _past(seconds, now)
    if when is None:
        raise ReportError("a report about another time")
    return when


def _past(seconds: int, now: dt.datetime) -> dt.datetime | None:
    when = dt.datetime.fromtimestamp(max(0, min(seconds, 2**33)), dt.UTC)
    return when if now - OLDEST < when < now + dt.timedelta(days=2) else None


def _clean(text: str) -> str:
    return text.replace("\0", "")[:1000]
