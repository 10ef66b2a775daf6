"""The console's first page: what an administrator asks each morning, as far as their role reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts import throttle
from apps.accounts.permissions import Noun, Reach
from apps.accounts.queries import domains_in
from apps.console import concerns, system
from apps.console.access import administrators, where
from apps.domains.certificates.queries import troubles
from apps.domains.looking import faulty
from apps.events import health, processes, servers, wake
from apps.events.health import OK
from apps.events.traffic import Traffic, traffic
from apps.events.transactions import ask
from apps.events.valkey import sync_client
from apps.mailboxes.queries import nearly_full, usage_within
from apps.mailflow.holding import holds_within
from apps.queue import queries
from apps.queue.words import words_of
from apps.reports.blocklists.queries import standing
from apps.spam.antivirus.queries import scanner

from .queue import NO_CODE

MOST = 5
HEIGHT, WIDTH, GAP = 40, 8, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour, as a rectangle."""

    x: int
    y: int
    height: int
    count: int


@dataclass(frozen=True, slots=True)
class Bars:
    """One kind of traffic, drawn: 24 hours, and what they come to."""

    name: str
    text: str | Promise
    icon: str
    bars: tuple[Bar, ...]
    day: int
    hour: int
    most: int


@administrators
def overview(request: HttpRequest) -> HttpResponse:
    """Show how mail is doing."""
    now = timezone.now()
    context: dict[str, Any] = {"section": "overview", "now": now}
    found: list[concerns.Concern] = []
    if everything := where(request, Noun.SYSTEM):
        parts = _parts()
        failures = throttle.recent_failures()
        lists = system.of_blocklists(standing(), now) + system.of_scanner(scanner())
        found += concerns.of_system([*parts, *lists]) + concerns.of_sign_ins(failures)
        found += concerns.of_certificates(troubles(now))
        context |= {"parts": parts, "failures": failures, "window_began": now - throttle.window()}
    if within := where(request, Noun.QUEUE):
        depth, causes = ask(queries.standing(within, limit=MOST))
        found += concerns.of_queue(depth, now) + concerns.of_senders(list(holds_within(within)[:MOST]))
        context |= {"depth": depth, "causes": [_said(cause) for cause in causes]}
    if within := where(request, Noun.DOMAIN):
        found += concerns.of_domains(faulty(domains_in(within), most=MOST + 1), MOST)
    if within := where(request, Noun.TRACE):
        context["traffic"] = _draw(_traffic(within))
    if within := where(request, Noun.MAILBOX):
        full = nearly_full(within, limit=MOST + 1)
        found += concerns.of_mailboxes(full, MOST)
        context |= {"full": full[:MOST], "usage": usage_within(within, limit=MOST)}
    context |= {"concerns": concerns.sorted_by_weight(found), "sees_everything": bool(everything)}
    return render(request, "console/overview.html", context)


def _parts() -> list[system.Part]:
    said = health.check()
    return [
        *system.of_processes(processes.look()),
        *system.of_jobs(wake.looked(sync_client())),
        system.of_server("PostgreSQL", answers=said["database"] == OK),
        system.of_server("Valkey", answers=said["valkey"] == OK),
        system.of_disk(servers.disk()),
    ]


def _said(cause: queries.Cause) -> tuple[queries.Cause, str | Promise, str]:
    words = words_of(cause.state, cause.code, is_tried=bool(cause.example))
    return cause, words, cause.code or NO_CODE


def _traffic(within: Reach) -> Traffic:
    names = None if within.is_everything else list(domains_in(within).values_list("name", flat=True))
    return ask(traffic(names))


def _draw(found: Traffic) -> list[Bars]:
    return [
        _bars("received", _("Received"), "arrow-down-to-line", found.received),
        _bars("sent", _("Sent"), "arrow-up-from-line", found.sent),
        _bars("refused", _("Refused"), "shield-x", found.refused),
    ]


def _bars(name: str, text: str | Promise, icon: str, hours: Sequence[int]) -> Bars:
    most = max(hours)
    heights = [max(2, round(HEIGHT * count / most)) if count else 0 for count in hours]
    bars = tuple(
        Bar(number * (WIDTH + GAP), HEIGHT - height, height, count)
        for number, (height, count) in enumerate(zip(heights, hours, strict=True))
    )
    return Bars(name, text, icon, bars, sum(hours), hours[-1], most)
