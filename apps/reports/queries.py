"""Who sends in a domain's name, as others reported it: by source and by day; sessions and complaints beside it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from apps.domains.models import Domain
from apps.events.transactions import ask, query

from . import sql
from .models import Complaint, Received, ReceivedRow, ReceivedTls, ReportSetting

MOST_SOURCES = 200
_PASSED = Q(dkim="pass") | Q(spf="pass")


@dataclass(frozen=True, slots=True)
class Source:
    """One address that sent in a domain's name, and what became of that."""

    address: str
    name: str
    """Its name in DNS, as far as it is known."""
    messages: int
    passed: int
    dkim: int
    """How many carried an aligned signature that passed."""
    spf: int
    """How many passed SPF, aligned."""
    stopped: int
    """How many were put aside or refused."""
    forwarded: int
    """Of how many a reporter said they were forwarded, or came by a mailing list."""
    names: frozenset[str]
    """Domains whose SPF or signature passed, aligned or not."""
    broken: int
    """How many carried a signature of this domain that failed."""
    reporters: tuple[str, ...]
    last: dt.date

    @property
    def failed(self) -> int:
        """How many failed DMARC."""
        return self.messages - self.passed


@dataclass(frozen=True, slots=True)
class Day:
    """One day's sums."""

    day: dt.date
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What was reported of one domain."""

    messages: int = 0
    passed: int = 0
    sources: int = 0
    reporters: int = 0
    failed_sessions: int = 0
    complaints: int = 0

    @property
    def failed(self) -> int:
        """How many failed DMARC."""
        return self.messages - self.passed


@dataclass(frozen=True, slots=True)
class Trouble:
    """Sessions to a domain that failed alike."""

    result: str
    failed: int
    hosts: tuple[str, ...]
    reporters: tuple[str, ...]
    information: str
    last: dt.date


def sources_of(domain: Domain, *, since: dt.date) -> list[Source]:
    """Return who sent in its name, those that failed most first."""
    rows = ask(
        query(sql.SOURCES, {"domain": domain.id, "name": domain.name, "since": since, "limit": MOST_SOURCES})
    )
    return [
        Source(
            address,
            name,
            messages,
            passed,
            dkim,
            spf,
            stopped,
            forwarded,
            names=frozenset(filter(None, names.split(","))),
            broken=broken,
            reporters=tuple(reporters),
            last=last,
        )
        for (
            address,
            name,
            messages,
            passed,
            dkim,
            spf,
            stopped,
            forwarded,
            names,
            broken,
            reporters,
            last,
        ) in rows
    ]


def days_of(domain: Domain, *, since: dt.date, until: dt.date) -> list[Day]:
    """Return the sums of each day, days without a report too."""
    found = {
        row["day"]: row
        for row in ReceivedRow.objects.filter(domain=domain, day__range=(since, until))
        .values("day")
        .annotate(all=Sum("count"), passed=Sum("count", filter=_PASSED, default=0))
    }
    days = (since + dt.timedelta(days=n) for n in range((until - since).days + 1))
    return [
        Day(day, row["passed"], row["all"] - row["passed"]) if (row := found.get(day)) else Day(day, 0, 0)
        for day in days
    ]


def sums_of(domain_ids: Sequence[int], *, since: dt.date) -> dict[int, Sums]:
    """Return what was reported of these domains, in three queries."""
    mail = {
        row["domain_id"]: row
        for row in ReceivedRow.objects.filter(domain_id__in=domain_ids, day__gte=since)
        .values("domain_id")
        .annotate(
            messages=Sum("count"),
            passed=Sum("count", filter=_PASSED, default=0),
            sources=Count("source", distinct=True),
            reporters=Count("received__reporter", distinct=True),
        )
    }
    sessions = dict(
        ReceivedTls.objects.filter(domain_id__in=domain_ids, day__gte=since, result="")
        .values_list("domain_id")
        .annotate(failed=Sum("failed"))
    )
    complaints = dict(
        Complaint.objects.filter(domain_id__in=domain_ids, received_at__date__gte=since)
        .values_list("domain_id")
        .annotate(count=Sum("incidents"))
    )
    empty = {"messages": 0, "passed": 0, "sources": 0, "reporters": 0}
    return {
        id_: Sums(
            row["messages"],
            row["passed"],
            row["sources"],
            row["reporters"],
            sessions.get(id_) or 0,
            complaints.get(id_) or 0,
        )
        for id_ in domain_ids
        if (row := mail.get(id_, empty)) is not empty or id_ in sessions or id_ in complaints
    }


def sessions_of(domain: Domain, *, since: dt.date) -> tuple[int, int]:
    """Return how many sessions to its servers went well, and how many failed."""
    found = ReceivedTls.objects.filter(domain=domain, day__gte=since, result="").aggregate(
        well=Sum("successful", default=0), failed=Sum("failed", default=0)
    )
    return found["well"], found["failed"]


def troubles_of(domain: Domain, *, since: dt.date) -> list[Trouble]:
    """Return why sessions failed, the most frequent first."""
    rows = ask(query(sql.TROUBLES, {"domain": domain.id, "since": since}))
    return [
        Trouble(result, int(failed), tuple(hosts), tuple(reporters), information, last)
        for result, failed, hosts, reporters, information, last in rows
    ]


def complaints_of(domain: Domain) -> QuerySet[Complaint]:
    """Return complaints about mail in its name."""
    return Complaint.objects.filter(domain=domain)


def received_of(domain: Domain) -> QuerySet[Received]:
    """Return the reports it got."""
    return Received.objects.filter(domain=domain).annotate(
        messages=Sum("rows__count", default=0), lines=Count("rows")
    )


def sends_reports(organisation_id: int) -> bool:
    """Say whether an organisation tells others what came in their name."""
    found = ReportSetting.objects.filter(organisation_id=organisation_id).first()
    return found is None or found.sends
