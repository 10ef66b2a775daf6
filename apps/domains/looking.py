"""Look what a domain publishes, and remember what was found until somebody looks again."""

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.protocols.mailauth import sts_policy

from . import dkim
from .certificate import pinned
from .models import DkimKey, DnsLook, Domain
from .queries import sts_policy_of
from .records.judging import look_at
from .records.values import Finding, Key, Place, Site, State, Wanted
from .records.wanted import wanted
from .resolver import Resolver
from .services import SLOTS

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
AGAIN = dt.timedelta(hours=6)
"""How often the platform looks by itself."""
SOONEST = dt.timedelta(seconds=5)
"""Whoever asks again within it is shown what was just found."""
AT_ONCE = 30
DEMO = "example.test"


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is to publish, what was found of it, and when; never looked: nothing is known."""

    at: dt.datetime | None
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What has to be done."""
        return tuple(finding for finding in self.findings if finding.is_fault)


def site() -> Site:
    """Return this server as domains point to it."""
    return Site(
        settings.MAIL_HOSTNAME.lower(),
        settings.MAIL_IMAPS_PORT,
        settings.MAIL_SUBMISSIONS_PORT,
        settings.MAIL_SUBMISSION_PORT,
        settings.MAIL_DKIM_ZONE.lower(),
        pinned(),
    )


def place(domain: Domain) -> Place:
    """Return a domain as far as its records go."""
    keys = dkim.keys_of(domain).exclude(state=DkimKey.State.RETIRED)
    return Place(
        domain.name,
        tuple(Key(key.selector, key.algorithm, key.public) for key in keys),
        # A rule that says there is none need not be looked for.
        "" if domain.sts_mode == Domain.StsMode.NONE else domain.sts_mode,
        sts_policy.identity(sts_policy_of(domain)),
        tuple(slot for slots in SLOTS.values() for slot in slots),
    )


def shown(domain: Domain) -> Looked:
    """Return what is wanted now, with what was last found of it."""
    kept = DnsLook.objects.filter(domain=domain).first()
    known = {_identity(item): item for item in kept.findings} if kept is not None else {}
    records = wanted(site(), place(domain))
    findings = tuple(
        _finding(record, known.get((record.kind, record.name, record.value))) for record in records
    )
    return Looked(kept.looked_at if kept is not None else None, findings)


def look(domain: Domain, *, now: dt.datetime, resolver: Resolver | None = None) -> Looked:
    """Ask DNS for everything at once, and remember the answers. It takes 15 seconds at most."""
    # One that remembers nothing: what somebody has just put right must be seen.
    resolver = resolver or Resolver()
    here, there = site(), place(domain)
    records = wanted(here, there)
    findings = tuple(asyncio.run(_ask(resolver, records, here, there)))
    DnsLook.objects.update_or_create(
        domain=domain,
        defaults={
            "looked_at": now,
            "findings": [_kept(finding) for finding in findings],
            "faults": sum(finding.is_fault for finding in findings),
        },
    )
    return Looked(now, findings)


async def _ask(resolver: Resolver, records: Sequence[Wanted], here: Site, there: Place) -> list[Finding]:
    inquiries = (resolver.run(look_at(record, here, there), seconds=LOOK_SECONDS) for record in records)
    return await asyncio.gather(*inquiries)


def look_again(domain: Domain, *, now: dt.datetime) -> Looked:
    """Look for whoever asks, unless somebody has just done so."""
    if DnsLook.objects.filter(domain=domain, looked_at__gt=now - SOONEST).exists():
        return shown(domain)
    return look(domain, now=now)


def look_due(*, may_go_on: Callable[[], bool], now: Callable[[], dt.datetime] = timezone.now) -> int:
    """Look at domains that nobody has looked at for hours; return at how many."""
    due = Domain.objects.filter(is_active=True).exclude(dns_look__looked_at__gt=now() - AGAIN)
    looked = 0
    for domain in due.order_by("dns_look__looked_at", "id")[:AT_ONCE]:
        if not may_go_on():
            break
        look(domain, now=now())
        looked += 1
    return looked


def faulty(rows: QuerySet[Domain], *, most: int) -> list[DnsLook]:
    """Return what was found of those of these domains that have to be put right, the worst first."""
    found = DnsLook.objects.filter(faults__gt=0, domain__is_active=True, domain__in=rows.order_by())
    if settings.MAIL_DEMO:
        found = found.exclude(domain__name=DEMO)  # Which nobody can publish.
    return list(found.select_related("domain").order_by("-faults", "domain__name")[:most])


def _identity(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(item["kind"]), str(item["name"]), str(item["value"])


def _kept(finding: Finding) -> dict[str, Any]:
    record = finding.wanted
    return {
        "kind": record.kind.value,
        "name": record.name,
        "value": record.value,
        "state": finding.state.value,
        "code": finding.code,
        "found": [_plain(text) for text in finding.found],
        "facts": {name: _plain(text) for name, text in finding.facts.items()},
    }


def _plain(text: str) -> str:
    """Return what came from DNS as text that can be kept: it may hold bytes that are none, and be long."""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:2000])
    return shown.encode("utf-8", "replace").decode()


def _finding(record: Wanted, item: Mapping[str, Any] | None) -> Finding:
    if item is None:
        return Finding(record, State.UNKNOWN, "not_looked")
    return Finding(record, State(item["state"]), item["code"], tuple(item["found"]), item["facts"])
