"""manage.py role: who may do what beyond their own."""

from apps.accounts.models import Role
from apps.accounts.services import roles, users
from apps.domains.services import find_domain
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json
from apps.organisations.services import find_organisation


class Command(NounCommand):
    """Roles."""

    help = (
        "What users may do beyond their own. superadmin: everything, everywhere. organisation_admin: one tenant. "
        "domain_admin: the users and addresses of one domain. support: sees, and ends sessions. auditor: sees, the "
        "audit trail too. No role opens anybody's mail. "
        "Example: manage.py role grant alice@example.org domain_admin --domain example.org"
    )

    def add_verbs(self) -> None:
        """Grant, revoke, list."""
        for name, run, sentence in (
            ("grant", self.grant, "Give a user a role, in their organisation unless --domain is given."),
            ("revoke", self.revoke, "Take a role away."),
        ):
            verb = self.verb(name, run, sentence)
            verb.add_argument("address")
            verb.add_argument(
                "kind", choices=Role.Kind.values, metavar="ROLE", help=", ".join(Role.Kind.values)
            )
            place = verb.add_mutually_exclusive_group()
            place.add_argument("--organisation", metavar="NAME")
            place.add_argument("--domain", metavar="NAME")
        show = self.verb("list", self.show, "List roles.")
        show.add_argument("address", nargs="?", help="only those of this user")
        add_json(show)

    def grant(self, *, address: str, kind: str, organisation: str | None, domain: str | None) -> None:
        """Give a role."""
        user = users.find_user(address)
        in_domain = find_domain(domain) if domain else None
        in_organisation = find_organisation(organisation) if organisation else user.organisation
        roles.grant_role(
            user=user,
            kind=Role.Kind(kind),
            organisation=None if in_domain else in_organisation,
            domain=in_domain,
            actor=self.actor,
        )
        self.say(f"{address} is {kind} in {in_domain or in_organisation}")

    def revoke(self, *, address: str, kind: str, organisation: str | None, domain: str | None) -> None:
        """Take a role away."""
        user = users.find_user(address)
        held = Role.objects.select_related("organisation", "domain", "user").filter(user=user, kind=kind)
        if domain:
            held = held.filter(domain=find_domain(domain))
        else:
            held = held.filter(
                organisation=find_organisation(organisation) if organisation else user.organisation
            )
        if (role := held.first()) is None:
            raise NotFoundError(f"{address} has no such role; `manage.py role list {address}` shows which")
        roles.revoke_role(role=role, actor=self.actor)
        self.say(f"{address} is no longer {kind} in {role.domain or role.organisation}")

    def show(self, *, address: str | None, as_json: bool) -> None:
        """List roles."""
        rows = Role.objects.select_related("user", "organisation", "domain").order_by("user__address", "id")
        if address:
            rows = rows.filter(user=users.find_user(address))
        self.table(
            ("user", "role", "in"),
            ((row.user.address, row.kind, str(row.organisation or row.domain)) for row in rows),
            as_json=as_json,
        )
