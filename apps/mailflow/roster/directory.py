"""What there is already of what rows speak of: asked for many rows at once, by as many queries as for one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch

from apps.accounts.models import Role, User
from apps.accounts.permissions import Grant
from apps.accounts.queries import grant_of
from apps.domains.models import Domain
from apps.mailboxes.models import Alias, Mailbox

from .rows import Row


@dataclass(frozen=True, slots=True)
class Directory:
    """Domains by name, users, mailboxes and aliases by address; `coming` are users that rows before will make."""

    domains: dict[str, Domain] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    coming: dict[str, int] = field(default_factory=dict)
    """The organisation of each."""


def load(rows: Sequence[Row], coming: dict[str, int] | None = None) -> Directory:
    """Ask for everything these rows speak of."""
    addresses = {row.address for row in rows}
    people = addresses | {row.owner for row in rows if row.owner}
    names = {address.rpartition("@")[2] for address in addresses}
    locals_ = {address.rpartition("@")[0] for address in addresses}
    at = {"domain__name__in": names, "local_part__in": locals_}
    roles = Prefetch("roles", Role.objects.select_related("domain"))
    users = User.objects.filter(address__in=people).select_related("organisation", "domain")
    mailboxes = Mailbox.objects.filter(**at).select_related("domain__organisation", "owner")
    owners = Prefetch("owner__roles", Role.objects.select_related("domain"))
    aliases = Alias.objects.filter(**at).select_related("domain__organisation")
    return Directory(
        {one.name: one for one in Domain.objects.filter(name__in=names).select_related("organisation")},
        {one.address: one for one in users.prefetch_related(roles)},
        {str(one): one for one in mailboxes.prefetch_related(owners) if str(one) in addresses},
        {str(one): one for one in aliases if str(one) in addresses},
        {} if coming is None else coming,
    )


def grants(user: User) -> frozenset[Grant]:
    """Return the roles of a user that was loaded with them."""
    return frozenset(map(grant_of, user.roles.all()))
