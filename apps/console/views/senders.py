"""Who sends in our name: what others reported, by domain and by source; TLS troubles and complaints beside it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts.permissions import Noun
from apps.accounts.queries import domains_in, find_domains
from apps.console import lookup
from apps.console.access import administrators, patient, reach
from apps.console.paging import Order, page_of
from apps.console.words_of_senders import COMPLAINTS, TROUBLES, told
from apps.domains.models import Domain
from apps.reports import advice, queries
from apps.reports.queries import Day

SECTION = "senders"
BY_NAME = Order(("name",))
NEWEST = Order(("received_at", "id"), is_descending=True)
SPANS = {"7": 7, "30": 30, "90": 90}
HEIGHT, WIDTH = 40, 238


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, as a rectangle."""

    x: float
    y: int
    width: float
    height: int
    day: dt.date
    count: int


@administrators
@patient
def senders(request: HttpRequest) -> HttpResponse:
    """List the domains, and what was reported of each."""
    rows = find_domains(domains_in(reach(request, Noun.DOMAIN)), lookup.query_of(request))
    days, since = _span(request)
    page = page_of(request, rows, BY_NAME)
    sums = queries.sums_of([row.id for row in page.items], since=since)
    lines = [(row, sums.get(row.id)) for row in page.items]
    context = {"section": SECTION, "page": page, "lines": lines, "days": days}
    return render(request, "console/senders/list.html", context)


@administrators
@patient
def sources(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Show who sent in a domain's name."""
    found = lookup.domain(request, domain_id)
    days, since = _span(request)
    known = [
        (source, advice.kind_of(source, found.name)) for source in queries.sources_of(found, since=since)
    ]
    only = request.GET.get("show") == "trouble"
    lines = [told(source, kind, found.name) for source, kind in known if not only or kind in advice.TROUBLE]
    by_day = queries.days_of(found, since=since, until=timezone.now().date())
    context = {
        **_shown(found, "sources"),
        "days": days,
        "lines": lines,
        "only": only,
        "is_empty": not known,
        "is_cut": len(known) == queries.MOST_SOURCES,
        "passed": sum(day.passed for day in by_day),
        "failed": sum(day.failed for day in by_day),
        "passed_bars": _bars(by_day, [day.passed for day in by_day]),
        "failed_bars": _bars(by_day, [day.failed for day in by_day]),
    }
    return render(request, "console/senders/sources.html", context)


@administrators
@patient
def sessions(request: HttpRequest, domain_id: int) -> HttpResponse:
    """Show how TLS to a domain's servers went."""
    found = lookup.domain(request, domain_id)
    days, since = _span(request)
    well, failed = queries.sessions_of(found, since=since)
    troubles = [
        (trouble, *TROUBLES.get(trouble.result, TROUBLES["other"]))
        for trouble in queries.troubles_of(found, since=since)
    ]
    context = {
        **_shown(found, "sessions"),
        "days": days,
        "well": well,
        "failed": failed,
        "troubles": troubles,
    }
    return render(request, "console/senders/sessions.html", context)


@administrators
def complaints(request: HttpRequest, domain_id: int) -> HttpResponse:
    """List complaints about a domain's mail."""
    found = lookup.domain(request, domain_id)
    page = page_of(request, queries.complaints_of(found), NEWEST)
    lines = [(row, COMPLAINTS.get(row.kind, COMPLAINTS["other"])) for row in page.items]
    context = {**_shown(found, "complaints"), "page": page, "lines": lines}
    return render(request, "console/senders/complaints.html", context)


@administrators
def received(request: HttpRequest, domain_id: int) -> HttpResponse:
    """List the reports that came about a domain."""
    found = lookup.domain(request, domain_id)
    page = page_of(request, queries.received_of(found), NEWEST)
    return render(request, "console/senders/received.html", {**_shown(found, "received"), "page": page})


def _shown(found: Domain, tab: str) -> dict[str, Any]:
    return {"section": SECTION, "found": found, "tab": tab}


def _span(request: HttpRequest) -> tuple[str, dt.date]:
    asked = request.GET.get("days", "30")
    days = asked if asked in SPANS else "30"
    return days, timezone.now().date() - dt.timedelta(days=SPANS[days])


def _bars(days: Sequence[Day], counts: Sequence[int]) -> list[Bar]:
    most = max(counts, default=0)
    step = WIDTH / max(1, len(days))
    bars = []
    for number, (day, count) in enumerate(zip(days, counts, strict=True)):
        if count:
            height = max(2, round(HEIGHT * count / most))
            bars.append(
                Bar(round(number * step, 2), HEIGHT - height, round(step * 0.8, 2), height, day.day, count)
            )
    return bars
