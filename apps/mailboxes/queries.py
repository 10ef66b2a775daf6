"""Whose mailboxes these are, and who may do what with them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from apps.accounts.permissions import Noun, Reach, Target
from apps.accounts.queries import grants_of
from apps.domains.models import Domain
from apps.events.queries import Scope
from apps.events.transactions import Plan, ask, query

from . import sql
from .models import Alias, Mailbox, MailboxMember, UsageSum

ALL_RIGHTS = frozenset({"read", "write", "send", "manage"})


@dataclass(frozen=True, slots=True)
class Reachable:
    """A mailbox a user may open, and with which rights; a quota of 0 is none."""

    mailbox_id: int
    organisation_id: int
    address: str
    is_own: bool
    rights: frozenset[str]
    private_seen: bool
    quota_bytes: int = 0
    used_bytes: int = 0


def mailbox_of(user_id: int) -> Reachable | None:
    """Return the mailbox IMAP opens for a user: their own, the one with the address they sign in by first."""
    return next((mailbox for mailbox in mailboxes_of(user_id) if mailbox.is_own), None)


def mailboxes_of(user_id: int) -> tuple[Reachable, ...]:
    """Return every mailbox a user may open: their own, the one they sign in by first, then those shared with them."""
    return tuple(
        Reachable(number, organisation, address, is_own, ALL_RIGHTS if is_own else frozenset(rights), *rest)
        for number, organisation, address, is_own, rights, *rest in ask(
            query(sql.REACHABLE, {"user": user_id})
        )
    )


def may_send_as(user_id: int, key: str) -> Plan[bool]:
    """Ask whether an address (`Address.key`) is one of a user's, to send from.

    It is when it leads to a mailbox the user owns or may send from: who gets the mail of an alias may answer
    as it, and a `+tag` is part of no identity.
    """
    rows = yield from query(sql.MAY_SEND_AS, {"key": key, "user_id": user_id})
    return bool(rows[0][0])


def target_of_mailbox(mailbox: Mailbox) -> Target:
    """Return a mailbox as something to act upon."""
    return Target(
        Noun.MAILBOX,
        mailbox.domain.organisation_id,
        mailbox.domain_id,
        mailbox.owner_id,
        {member.user_id: frozenset(member.rights) for member in mailbox.members.all()},
        grants_of(mailbox.owner_id) if mailbox.owner_id else frozenset(),
    )


def target_of_alias(alias: Alias) -> Target:
    """Return an alias as something to act upon."""
    return Target(Noun.ALIAS, alias.domain.organisation_id, alias.domain_id)


def mailboxes_in(reach: Reach) -> QuerySet[Mailbox]:
    """Return the mailboxes within reach, with owner, usage and members."""
    # One that was deleted is going away, little by little.
    found = Mailbox.objects.filter(removing_since=None).select_related("domain", "owner", "usage")
    found = found.prefetch_related("members__user")
    if reach.is_everything:
        return found
    opened = MailboxMember.objects.filter(
        user_id=reach.member_id or 0, rights__overlap=sorted(reach.member_rights)
    ).values("mailbox_id")
    return found.filter(
        Q(domain__organisation_id__in=reach.organisation_ids)
        | Q(domain_id__in=reach.domain_ids)
        | Q(owner_id__isnull=False, owner_id=reach.user_id)
        | Q(id__in=opened)
    )


def trace_scope(reach: Reach) -> Scope | None:
    """Return whose mail may be told of within reach: of domains, and of one's own mailboxes; None is everybody's."""
    if reach.is_everything:
        return None
    domains = Domain.objects.filter(
        Q(organisation_id__in=reach.organisation_ids) | Q(id__in=reach.domain_ids)
    )
    own = Mailbox.objects.select_related("domain").filter(owner_id__isnull=False, owner_id=reach.user_id)
    return Scope(
        frozenset(domains.values_list("name", flat=True)),
        frozenset(map(str, own)),
        frozenset(mailbox.id for mailbox in own),
    )


def aliases_in(reach: Reach) -> QuerySet[Alias]:
    """Return the aliases within reach."""
    found = Alias.objects.select_related("domain")
    if reach.is_everything:
        return found
    return found.filter(
        Q(domain__organisation_id__in=reach.organisation_ids) | Q(domain_id__in=reach.domain_ids)
    )


def find_mailboxes(rows: QuerySet[Mailbox], text: str) -> QuerySet[Mailbox]:
    """Keep mailboxes whose address holds this text; deleted ones are never found."""
    return _by_address(rows.filter(removing_since=None), text)


def find_aliases(rows: QuerySet[Alias], text: str) -> QuerySet[Alias]:
    """Keep aliases whose address holds this text, or which point to exactly this address."""
    return _by_address(rows, text) | rows.filter(targets__contains=[text.lower()]) if text else rows


def _by_address[M: (Mailbox, Alias)](rows: QuerySet[M], text: str) -> QuerySet[M]:
    local, at, domain = text.lower().strip().rpartition("@")
    if at:
        return rows.filter(local_part__endswith=local, domain__name__startswith=domain)
    return rows.filter(Q(local_part__contains=domain) | Q(domain__name__contains=domain)) if domain else rows


def usage_of_domains(domain_ids: Collection[int]) -> dict[int, UsageSum]:
    """Return what these domains hold, as last counted."""
    return {row.domain_id: row for row in UsageSum.objects.filter(domain_id__in=domain_ids) if row.domain_id}


def usage_of_organisations(organisation_ids: Collection[int]) -> dict[int, UsageSum]:
    """Return what these organisations hold, as last counted."""
    rows = UsageSum.objects.filter(organisation_id__in=organisation_ids, domain=None)
    return {row.organisation_id: row for row in rows}


def usage_within(reach: Reach, *, limit: int) -> list[UsageSum]:
    """Return what organisations and domains within reach hold, the largest first; a role in one sees no other's."""
    rows = UsageSum.objects.select_related("organisation", "domain").order_by("-bytes", "id")
    if reach.is_everything:
        rows = rows.filter(domain=None)
    else:
        rows = rows.filter(
            Q(organisation_id__in=reach.organisation_ids, domain=None) | Q(domain_id__in=reach.domain_ids)
        )
    return list(rows[:limit])


def nearly_full(reach: Reach, *, limit: int, percent: int = 90) -> list[Mailbox]:
    """Return mailboxes within reach that have little room left, the fullest first."""
    rows = mailboxes_in(reach).prefetch_related(None).filter(quota_bytes__gt=0)
    rows = rows.annotate(fullness=F("usage__bytes") * 100 / F("quota_bytes")).filter(fullness__gte=percent)
    return list(rows.order_by("-fullness", "id")[:limit])
