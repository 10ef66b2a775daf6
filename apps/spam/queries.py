"""What holds for whom, and how messages were judged."""

import ipaddress
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.accounts.permissions import Reach
from apps.events.transactions import Plan, query
from apps.mailboxes.models import Mailbox

from . import sql
from .content import policy
from .content.policy import Policy, Wants
from .judged import stripped
from .lists import About, Effect, Entry, Subject
from .models import Judgement, SenderEntry
from .scopes import Scope
from .services.attachments import read_policy
from .services.wishes import read
from .symbols import Sort
from .thresholds import Level, Settings, Wishes, inherited

MOST_SUBJECT = 1000
MOST_SENDERS = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox lies, whose it is, and the lines that hold for it."""

    settings: Settings
    organisation_id: int = 0
    domain_id: int = 0
    domain: str = ""
    owner_id: int = 0


def places_of(mailbox_ids: Collection[int]) -> Plan[dict[int, Place]]:
    """Return where each of these mailboxes lies, and its lines; one that is gone has those of nobody."""
    wishes: dict[int, list[tuple[Level, Wishes]]] = {mailbox_id: [] for mailbox_id in mailbox_ids}
    where: dict[int, tuple[int, int, str, int]] = {}
    for mailbox_id, organisation_id, domain_id, domain, owner_id, level, preset, lines in (
        yield from query(sql.WISHES, (list(wishes),))
    ):
        where[mailbox_id] = organisation_id, domain_id, domain, owner_id or 0
        if level is not None:
            wishes[mailbox_id].append((Level(level), read(preset, json.loads(lines))))
    return {one: Place(inherited(found), *where.get(one, ())) for one, found in wishes.items()}


def attachment_policies(mailbox_ids: Collection[int]) -> Plan[dict[int, Policy]]:
    """Return what each of these mailboxes' levels does with files it does not want."""
    found: dict[int, list[tuple[Level, Wants]]] = {mailbox_id: [] for mailbox_id in mailbox_ids}
    for mailbox_id, level, rules, extensions in (yield from query(sql.ATTACHMENTS, (list(found),))):
        found[mailbox_id].append((Level(level), read_policy(json.loads(rules), json.loads(extensions))))
    return {one: policy.inherited(levels) for one, levels in found.items()}


def settings_of(mailbox_ids: Collection[int]) -> Plan[dict[int, Settings]]:
    """Return the lines that hold for each of these mailboxes."""
    return {one: place.settings for one, place in (yield from places_of(mailbox_ids)).items()}


def entries_about(mailbox_ids: Collection[int], about: About) -> Plan[dict[int, tuple[Entry, ...]]]:
    """Return the entries of each mailbox's levels that may be about a message (`lists.matching` has the last word)."""
    senders = [stripped(sender).strip().lower()[:400] for sender in about.senders[:MOST_SENDERS]]
    rows = yield from query(
        sql.ENTRIES,
        {
            "addresses": senders,
            "domains": sorted({name for sender in senders for name in above(sender.rpartition("@")[2])}),
            "address": _ip(about.address),
            "words": " ".join(stripped(about.subject[:MOST_SUBJECT]).casefold().split()),
            "mailboxes": list(mailbox_ids),
        },
    )
    found: dict[int, list[Entry]] = {mailbox_id: [] for mailbox_id in mailbox_ids}
    for mailbox_id, number, effect, subject, pattern, level, reason in rows:
        found[mailbox_id].append(
            Entry(Effect(effect), Subject(subject), pattern, Level(level), number, reason)
        )
    return {mailbox_id: tuple(entries) for mailbox_id, entries in found.items()}


def above(domain: str) -> Iterable[str]:
    """Yield a name and every name above it."""
    labels = domain.split(".")[-20:]
    return [".".join(labels[place:]) for place in range(len(labels))]


def _ip(address: str) -> str:
    # What PostgreSQL cannot read would fail the whole batch.
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str((ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip)


def entries_of(scope: Scope) -> QuerySet[SenderEntry]:
    """Return the list of one level, the newest entry first."""
    return SenderEntry.objects.filter(**scope.columns).order_by("-created_at", "-id")


def judgement_of(mailbox_id: int, content_id: int) -> Judgement | None:
    """Return how a message was judged when it came; None where nobody judged, or that is long ago."""
    return (
        Judgement.objects.filter(mailbox_id=mailbox_id, content_id=content_id).order_by("-judged_at").first()
    )


def deceivers_among(mailbox_id: int, content_ids: Collection[int]) -> frozenset[int]:
    """Return which of these messages were taken for phishing, or hold a virus."""
    found = Judgement.objects.filter(
        mailbox_id=mailbox_id, content_id__in=content_ids, sort__in=[Sort.PHISHING, Sort.VIRUS]
    )
    return frozenset(one for one in found.values_list("content_id", flat=True) if one is not None)


def judgements_within(reach: Reach, *, since: datetime) -> QuerySet[Judgement]:
    """Return the judgements of mailboxes within reach (of Noun.FILTER), the newest first."""
    found = Judgement.objects.filter(judged_at__gte=since).order_by("-judged_at", "-id")
    if reach.is_everything:
        return found
    mailboxes = Mailbox.objects.filter(Q(domain_id__in=reach.domain_ids) | Q(owner_id=reach.user_id or 0))
    return found.filter(
        Q(organisation_id__in=reach.organisation_ids) | Q(mailbox_id__in=mailboxes.values("id"))
    )


def scores_by_settings(
    judgements: QuerySet[Judgement], settings: Mapping[int, Settings]
) -> Mapping[str, int]:
    """Count what these judgements would come to under other lines; entries that decided go on deciding."""
    counts: dict[str, int] = {}
    for mailbox_id, score, action, reason in judgements.values_list(
        "mailbox_id", "score", "action", "reason"
    ):
        if mailbox_id in settings and reason in {"score", "clean", "unfamiliar"}:
            action = settings[mailbox_id].reached(score).value
        counts[action] = counts.get(action, 0) + 1
    return counts
