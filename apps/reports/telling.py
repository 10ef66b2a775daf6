"""What is to be told to whom about a day, and the report that says so."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.events.transactions import perform, query
from apps.protocols.mailauth.dmarc import Record
from apps.protocols.mailauth.reports import (
    AggregateReport,
    DkimAuth,
    FailureDetail,
    Published,
    Reason,
    Row,
    SpfAuth,
    TlsPolicy,
    TlsReport,
)
from apps.protocols.mailauth.reports.limits import MAX_DETAILS, MAX_ROWS

from . import sql
from .models import Observation, Received, TlsObservation, Told

DAY = dt.timedelta(days=1)
TABLES = {Received.Kind.DMARC: "reports_observation", Received.Kind.TLS: "reports_tlsobservation"}


@dataclass(frozen=True, slots=True)
class Due:
    """One day of one organisation, about one domain."""

    organisation_id: int
    kind: Received.Kind
    day: dt.date
    policy_domain: str

    @property
    def span(self) -> tuple[int, int]:
        """The day in UTC, its first and last second."""
        begin = dt.datetime.combine(self.day, dt.time(), dt.UTC)
        return int(begin.timestamp()), int((begin + DAY).timestamp()) - 1


def due(kind: Received.Kind, *, today: dt.date, limit: int) -> list[Due]:
    """Return what is to be told, the oldest first, for organisations that do."""
    statement = sql.UNTOLD.format(table=TABLES[kind])
    rows = perform(query(statement, {"today": today, "kind": kind.value, "limit": limit}))
    return [Due(organisation_id, kind, day, domain) for organisation_id, day, domain in rows]


def done(item: Due, *, recipients: Iterable[str], outcome: str) -> bool:
    """Remember what became of it; False if somebody else did so meanwhile."""
    _, is_new = Told.objects.get_or_create(
        organisation_id=item.organisation_id,
        kind=item.kind,
        day=item.day,
        policy_domain=item.policy_domain,
        defaults={"recipients": list(recipients), "outcome": outcome[:500]},
    )
    return is_new


def aggregate(item: Due, record: Record, *, organisation: str, email: str, report_id: str) -> AggregateReport:
    """Make the aggregate report of a day; of too many rows, those with the most messages."""
    begin, end = item.span
    found = Observation.objects.filter(
        organisation_id=item.organisation_id, day=item.day, policy_domain=item.policy_domain
    ).order_by("-count", "id")[:MAX_ROWS]
    return AggregateReport(
        organisation=organisation,
        email=email,
        report_id=report_id,
        begin=begin,
        end=end,
        published=Published(
            item.policy_domain,
            record.policy.value,
            (record.subdomain or record.policy).value,
            record.nonexistent.value if record.nonexistent else "",
            "s" if record.strict_dkim else "r",
            "s" if record.strict_spf else "r",
            record.testing,
            record.fo,
        ),
        rows=tuple(_row(each.row, each.count) for each in found),
        version="1.0",
    )


def _row(row: dict[str, Any], count: int) -> Row:
    return Row(
        source=row.get("source", ""),
        count=count,
        disposition=row.get("disposition", "none"),
        dkim=row.get("dkim", "fail"),
        spf=row.get("spf", "fail"),
        header_from=row.get("header_from", ""),
        envelope_from=row.get("envelope_from", ""),
        reasons=tuple(Reason(*reason) for reason in row.get("reasons", ())),
        dkim_results=tuple(DkimAuth(*result) for result in row.get("dkim_results", ())),
        spf_results=tuple(SpfAuth(*result) for result in row.get("spf_results", ())),
    )


def tls(item: Due, *, organisation: str, contact: str, report_id: str) -> TlsReport:
    """Make the TLS report of a day: sessions by the policy that was found."""
    begin, end = item.span
    found = TlsObservation.objects.filter(
        organisation_id=item.organisation_id, day=item.day, policy_domain=item.policy_domain
    ).order_by("-count", "id")
    by_policy: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[TlsObservation]] = {}
    for each in found[:MAX_DETAILS]:
        row = each.row
        key = (row.get("policy", ""), tuple(row.get("policy_strings", ())), tuple(row.get("mx_patterns", ())))
        by_policy.setdefault(key, []).append(each)
    return TlsReport(
        organisation,
        contact,
        report_id,
        begin,
        end,
        tuple(
            TlsPolicy(
                kind or "no-policy-found",
                item.policy_domain,
                strings,
                patterns,
                successful=sum(each.count for each in rows if not each.row.get("result")),
                failed=sum(each.count for each in rows if each.row.get("result")),
                details=tuple(_detail(each.row, each.count) for each in rows if each.row.get("result")),
            )
            for (kind, strings, patterns), rows in by_policy.items()
        ),
    )


def _detail(row: dict[str, Any], count: int) -> FailureDetail:
    return FailureDetail(
        result=row["result"],
        sending_ip=row.get("sending_ip", ""),
        receiving_host=row.get("host", ""),
        receiving_ip=row.get("receiving_ip", ""),
        failed=count,
        information=row.get("information", ""),
        reason_code=row.get("reason_code", ""),
    )
