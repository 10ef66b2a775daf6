"""Whose mailboxes these are, and who may do what with them."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.permissions import Noun, Reach, Target
from apps.accounts.queries import grants_of
from apps.domains.models import Domain
from apps.events.queries import Scope
from apps.events.transactions import Plan, query

from . import sql
from .models import Alias, Mailbox, MailboxMember

ALL_RIGHTS = frozenset({"read", "write", "send", "manage"})


@dataclass(frozen=True, slots=True)
class Reachable:
    """A mailbox a user may open, and with which rights."""

    mailbox_id: int
    organisation_id: int
    address: str
    is_own: bool
    rights: frozenset[str]
    private_seen: bool


def mailbox_of(user_id: int) -> Reachable | None:
    """Return the mailbox IMAP opens for a user: their own, the one with the address they sign in by first."""
    return next((mailbox for mailbox in mailboxes_of(user_id) if mailbox.is_own), None)


def mailboxes_of(user_id: int) -> tuple[Reachable, ...]:
    """Return every mailbox a user may open: their own, then those they are a member of."""
    working = Q(is_active=True, domain__is_active=True, domain__organisation__is_active=True)
    working_mailboxes = Mailbox.objects.filter(working).select_related("domain", "owner")
    own = [
        _reachable(mailbox, ALL_RIGHTS)
        for mailbox in working_mailboxes.filter(owner_id=user_id).order_by("id")
    ]
    login = User.objects.filter(id=user_id).values_list("address", flat=True).first()
    own.sort(key=lambda mailbox: mailbox.address != login)
    memberships = MailboxMember.objects.filter(user_id=user_id).order_by("mailbox_id")
    rights = dict(memberships.values_list("mailbox_id", "rights"))
    shared = working_mailboxes.filter(id__in=rights).order_by("local_part", "id")
    return (
        *own,
        *(_reachable(mailbox, frozenset(rights[mailbox.id]), is_own=False) for mailbox in shared),
    )


def _reachable(mailbox: Mailbox, rights: frozenset[str], *, is_own: bool = True) -> Reachable:
    return Reachable(
        mailbox.id, mailbox.domain.organisation_id, str(mailbox), is_own, rights, mailbox.private_seen
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
