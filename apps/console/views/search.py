"""The search box on every page of the console: whatever an administrator types, and where it leads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Noun
from apps.accounts.queries import domains_in, find_domains, find_users, users_in
from apps.console import lookup
from apps.console.access import administrators, patient, where
from apps.console.tracing import SPANS, trace_id_of
from apps.events.queries import TraceLine, TraceSearch, find_traces
from apps.events.trace import key
from apps.mailboxes.queries import aliases_in, find_aliases, find_mailboxes, mailboxes_in, trace_scope
from apps.queue import queries
from apps.queue.words import words_about

MOST = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found."""

    text: str
    address: str
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind, and where all of them are listed."""

    text: str | Promise
    address: str
    hits: list[Hit] = field(default_factory=list)
    has_more: bool = False


@administrators
@patient
def search(request: HttpRequest) -> HttpResponse:
    """Show what holds the text, of each kind the first few; an id of one message leads to its story at once."""
    text = lookup.query_of(request)
    lines = _messages(request, text)
    is_id = trace_id_of(text) is not None
    told = [line for line in lines if is_id or (line.message_id and key(line.message_id) == key(text))]
    if len(told) == 1:
        return HttpResponseRedirect(reverse("console:trace-story", args=[told[0].trace_id]))
    groups = [group for group in _groups(request, text) if group.hits] if text else []
    context = {
        "section": "",
        "sought": text,
        "groups": groups,
        "lines": lines[:MOST],
        "traces": f"{reverse('console:trace')}?{urlencode({'q': text})}" if len(lines) > MOST else "",
    }
    return render(request, "console/search.html", context)


def _messages(request: HttpRequest, text: str) -> list[TraceLine]:
    """Return the newest messages of an address, a Message-ID or an id; mail is not searched for parts of names."""
    reach = where(request, Noun.TRACE)
    trace_id = trace_id_of(text)
    if not reach or not (trace_id or "@" in text):
        return []
    since = timezone.now() - SPANS["ever"]
    wanted = TraceSearch(trace_id=trace_id, address="" if trace_id else text, since=since, limit=MOST + 1)
    return find_traces(wanted, scope=trace_scope(reach))


def _groups(request: HttpRequest, text: str) -> list[Group]:
    domains = find_domains(domains_in(where(request, Noun.DOMAIN)), text).order_by("name")
    mailboxes = find_mailboxes(mailboxes_in(where(request, Noun.MAILBOX)).prefetch_related(None), text)
    aliases = find_aliases(aliases_in(where(request, Noun.ALIAS)), text)
    users = find_users(users_in(where(request, Noun.USER)).prefetch_related(None), text).order_by("address")
    waiting = queries.find_recipients(queries.recipients(), text)
    waiting = queries.within(waiting, where(request, Noun.QUEUE))
    return [
        _group(
            _("Mailboxes"),
            "mailboxes",
            text,
            (
                Hit(str(row), reverse("console:mailbox", args=[row.id]))
                for row in mailboxes.order_by("local_part", "id")[: MOST + 1]
            ),
        ),
        _group(
            _("Users"),
            "users",
            text,
            (Hit(row.address, reverse("console:user", args=[row.id]), row.name) for row in users[: MOST + 1]),
        ),
        _group(
            _("Aliases"),
            "aliases",
            text,
            (
                Hit(str(row), reverse("console:alias", args=[row.id]), ", ".join(row.targets[:3]))
                for row in aliases.order_by("local_part", "id")[: MOST + 1]
            ),
        ),
        _group(
            _("Domains"),
            "domains",
            text,
            (
                Hit(row.name, reverse("console:domain", args=[row.id]), row.organisation.name)
                for row in domains[: MOST + 1]
            ),
        ),
        _group(
            _("Queue"),
            "queue",
            text,
            (
                Hit(row.address, reverse("console:queued", args=[row.pk]), words_about(row))
                for row in waiting[: MOST + 1]
            ),
        ),
    ]


def _group(name: str | Promise, section: str, text: str, found: Iterable[Hit]) -> Group:
    hits = list(found)
    address = f"{reverse(f'console:{section}')}?{urlencode({'q': text})}"
    return Group(name, address, hits[:MOST], has_more=len(hits) > MOST)
