"""manage.py domain: names we serve."""

from django.db.models import Sum
from django.db.models.functions import Coalesce

from apps.domains import services
from apps.domains.models import Domain
from apps.organisations.nouns import NounCommand, add_json, show_size, size
from apps.organisations.services import find_organisation


class Command(NounCommand):
    """Names we serve."""

    help = "Domains this server takes mail for. Example: manage.py domain create example.org --organisation 'Example Ltd'"

    def add_verbs(self) -> None:
        """Create, list, disable, enable, delete, set-quota."""
        create = self.verb("create", self.create, "Serve a domain for an organisation.")
        create.add_argument("name", help="in Unicode or as A-labels")
        create.add_argument("--organisation", required=True, metavar="NAME", help="the tenant that owns it")
        create.add_argument(
            "--quota", type=size, metavar="SIZE", help="all its mail, like 50G; default: no limit"
        )
        show = self.verb("list", self.show, "List domains.")
        show.add_argument("--organisation", metavar="NAME", help="only those of this tenant")
        add_json(show)
        disable = self.verb(
            "disable",
            self.disable,
            "Refuse its mail and keep its users out. Nothing is deleted; enable undoes it.",
        )
        disable.add_argument("name")
        self.verb("enable", self.enable, "Serve a disabled domain again.").add_argument("name")
        self.verb(
            "delete", self.delete, "Serve a domain no more. Refused while it has users, mailboxes or aliases."
        ).add_argument("name")

        quota = self.verb("set-quota", self.set_quota, "Change how much all its mailboxes may hold together.")
        quota.add_argument("name")
        quota.add_argument("quota", type=size, metavar="SIZE", help="like 2GB or '500 MB'; none: no limit")

    def create(self, *, name: str, organisation: str, quota: int | None) -> None:
        """Serve a domain."""
        made = services.create_domain(
            organisation=find_organisation(organisation),
            name=name,
            quota_bytes=quota or None,
            actor=self.actor,
        )
        self.say(f"made domain {made.name}")

    def show(self, *, organisation: str | None, as_json: bool) -> None:
        """List domains."""
        held = Coalesce(Sum("usage_sums__bytes"), 0)
        rows = Domain.objects.select_related("organisation").annotate(held=held).order_by("name")
        if organisation is not None:
            rows = rows.filter(organisation=find_organisation(organisation))
        self.table(
            ("name", "active", "bytes", "quota", "organisation"),
            (
                (row.name, row.is_active, row.held, show_size(row.quota_bytes), row.organisation.name)
                for row in rows
            ),
            as_json=as_json,
        )

    def disable(self, *, name: str) -> None:
        """Refuse a domain's mail."""
        services.disable_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"disabled domain {name}")

    def enable(self, *, name: str) -> None:
        """Serve a domain again."""
        services.enable_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"enabled domain {name}")

    def delete(self, *, name: str) -> None:
        """Delete what is empty."""
        services.delete_domain(domain=services.find_domain(name), actor=self.actor)
        self.say(f"deleted domain {name}")

    def set_quota(self, *, name: str, quota: int) -> None:
        """Change a quota."""
        domain = services.find_domain(name)
        services.set_quota(domain=domain, quota_bytes=quota or None, actor=self.actor)
        self.say(f"{name} may hold {show_size(quota)}" if quota else f"{name} has no limit")
