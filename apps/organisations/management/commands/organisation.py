"""manage.py organisation: tenants."""

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from apps.organisations import services
from apps.organisations.models import Organisation
from apps.organisations.nouns import NounCommand, add_json, show_size, size


class Command(NounCommand):
    """Tenants."""

    help = "Tenants: each owns domains, users and their mail. Example: manage.py organisation create 'Example Ltd'"

    def add_verbs(self) -> None:
        """Create, list, disable, enable, delete, set-quota."""
        create = self.verb("create", self.create, "Make a tenant.")
        create.add_argument("name")
        create.add_argument(
            "--quota", type=size, metavar="SIZE", help="all its mail, like 500G; default: no limit"
        )
        add_json(self.verb("list", self.show, "List tenants."))
        disable = self.verb(
            "disable",
            self.disable,
            "Refuse its mail and keep its users out. Nothing is deleted; enable undoes it.",
        )
        disable.add_argument("name")
        self.verb("enable", self.enable, "Let a disabled tenant work again.").add_argument("name")
        self.verb(
            "delete", self.delete, "Delete a tenant. Refused while it has domains or users."
        ).add_argument("name")

        quota = self.verb("set-quota", self.set_quota, "Change how much all its mailboxes may hold together.")
        quota.add_argument("name")
        quota.add_argument("quota", type=size, metavar="SIZE", help="like 2GB or '500 MB'; none: no limit")

    def create(self, *, name: str, quota: int | None) -> None:
        """Make a tenant."""
        made = services.create_organisation(name=name, quota_bytes=quota or None, actor=self.actor)
        self.say(f"made organisation {made.name}")

    def show(self, *, as_json: bool) -> None:
        """List tenants."""
        held = Coalesce(Sum("usage_sums__bytes", filter=Q(usage_sums__domain=None)), 0)
        rows = Organisation.objects.annotate(held=held).order_by("name")
        self.table(
            ("name", "active", "bytes", "quota"),
            ((row.name, row.is_active, row.held, show_size(row.quota_bytes)) for row in rows),
            as_json=as_json,
        )

    def disable(self, *, name: str) -> None:
        """Keep a tenant out."""
        services.disable_organisation(organisation=services.find_organisation(name), actor=self.actor)
        self.say(f"disabled organisation {name}")

    def enable(self, *, name: str) -> None:
        """Let a tenant work."""
        services.enable_organisation(organisation=services.find_organisation(name), actor=self.actor)
        self.say(f"enabled organisation {name}")

    def delete(self, *, name: str) -> None:
        """Delete what is empty."""
        services.delete_organisation(organisation=services.find_organisation(name), actor=self.actor)
        self.say(f"deleted organisation {name}")

    def set_quota(self, *, name: str, quota: int) -> None:
        """Change a quota."""
        organisation = services.find_organisation(name)
        services.set_quota(organisation=organisation, quota_bytes=quota or None, actor=self.actor)
        self.say(f"{name} may hold {show_size(quota)}" if quota else f"{name} has no limit")
