"""manage.py alias: addresses that only point."""

from apps.domains.services import find_domain
from apps.mailboxes import services
from apps.mailboxes.models import Alias
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Addresses that only point."""

    help = (
        "Addresses that only point to others, ours or not. "
        "Example: manage.py alias create sales@example.org alice@example.org bob@example.org"
    )

    def add_verbs(self) -> None:
        """Create, list, change, disable, enable, delete."""
        for name, run, sentence in (
            ("create", self.create, "Make an address that points to others."),
            ("change", self.change, "Let an alias point elsewhere."),
        ):
            verb = self.verb(name, run, sentence)
            verb.add_argument("address")
            verb.add_argument("targets", nargs="+", metavar="TARGET", help="an address, ours or not")
        show = self.verb("list", self.show, "List aliases.")
        show.add_argument("--domain", metavar="NAME", help="only those of this domain")
        add_json(show)
        self.verb("disable", self.disable, "Refuse mail for an alias.").add_argument("address")
        self.verb("enable", self.enable, "Let an alias point again.").add_argument("address")
        self.verb("delete", self.delete, "Remove an alias; its address is free again.").add_argument(
            "address"
        )

    def create(self, *, address: str, targets: list[str]) -> None:
        """Make an alias."""
        made = services.create_alias(address=address, targets=targets, actor=self.actor)
        self.say(f"made alias {made}")

    def change(self, *, address: str, targets: list[str]) -> None:
        """Point elsewhere."""
        services.change_alias(alias=services.find_alias(address), targets=targets, actor=self.actor)
        self.say(f"changed alias {address}")

    def show(self, *, domain: str | None, as_json: bool) -> None:
        """List aliases."""
        rows = Alias.objects.select_related("domain").order_by("domain__name", "local_part")
        if domain:
            rows = rows.filter(domain=find_domain(domain))
        self.table(
            ("address", "active", "targets"),
            ((str(row), row.is_active, " ".join(row.targets)) for row in rows),
            as_json=as_json,
        )

    def disable(self, *, address: str) -> None:
        """Refuse mail for an alias."""
        services.disable_alias(alias=services.find_alias(address), actor=self.actor)
        self.say(f"disabled alias {address}")

    def enable(self, *, address: str) -> None:
        """Let an alias point again."""
        services.enable_alias(alias=services.find_alias(address), actor=self.actor)
        self.say(f"enabled alias {address}")

    def delete(self, *, address: str) -> None:
        """Remove an alias."""
        services.delete_alias(alias=services.find_alias(address), actor=self.actor)
        self.say(f"deleted alias {address}")
