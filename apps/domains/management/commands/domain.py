"""manage.py domain: names we serve."""

from apps.domains import services
from apps.domains.models import Domain
from apps.organisations.nouns import NounCommand, add_json
from apps.organisations.services import find_organisation


class Command(NounCommand):
    """Names we serve."""

    help = "Domains this server takes mail for. Example: manage.py domain create example.org --organisation 'Example Ltd'"

    def add_verbs(self) -> None:
        """Create, list, disable, enable."""
        create = self.verb("create", self.create, "Serve a domain for an organisation.")
        create.add_argument("name", help="in Unicode or as A-labels")
        create.add_argument("--organisation", required=True, metavar="NAME", help="the tenant that owns it")
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

    def create(self, *, name: str, organisation: str) -> None:
        """Serve a domain."""
        made = services.create_domain(
            organisation=find_organisation(organisation), name=name, actor=self.actor
        )
        self.say(f"made domain {made.name}")

    def show(self, *, organisation: str | None, as_json: bool) -> None:
        """List domains."""
        rows = Domain.objects.select_related("organisation").order_by("name")
        if organisation is not None:
            rows = rows.filter(organisation=find_organisation(organisation))
        self.table(
            ("name", "active", "organisation"),
            ((row.name, row.is_active, row.organisation.name) for row in rows),
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
