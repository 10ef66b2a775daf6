"""manage.py forwarder: hosts and lists whose mail is believed though DMARC fails."""

from collections.abc import Sequence

from apps.mailflow.forwarders import forwarders_of, set_forwarders
from apps.organisations import services
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Forwarders that an organisation believes."""

    help = (
        "Hosts and lists that pass on what others wrote, and are believed though DMARC fails: domains and networks. "
        "Example: manage.py forwarder add 'Example Ltd' lists.example.org 192.0.2.0/24"
    )

    def add_verbs(self) -> None:
        """List, add, remove."""
        show = self.verb("list", self.show, "List whom an organisation believes.")
        show.add_argument("organisation")
        add_json(show)
        for name, run, sentence in (
            ("add", self.add, "Believe more."),
            ("remove", self.remove, "Believe them no longer."),
        ):
            verb = self.verb(name, run, sentence)
            verb.add_argument("organisation")
            verb.add_argument("forwarders", nargs="+", metavar="FORWARDER", help="a domain or a network")

    def show(self, *, organisation: str, as_json: bool) -> None:
        """List them."""
        found = services.find_organisation(organisation)
        self.table(("forwarder",), ((word,) for word in forwarders_of(found.id)), as_json=as_json)

    def add(self, *, organisation: str, forwarders: Sequence[str]) -> None:
        """Add some."""
        found = services.find_organisation(organisation)
        words = [*forwarders_of(found.id), *forwarders]
        kept = set_forwarders(organisation=found, words=words, actor=self.actor)
        self.say(f"{found.name} believes {len(kept)} forwarders")

    def remove(self, *, organisation: str, forwarders: Sequence[str]) -> None:
        """Take some away."""
        found = services.find_organisation(organisation)
        there, gone = forwarders_of(found.id), {word.strip().lower() for word in forwarders}
        if missing := gone - set(there):
            raise NotFoundError(f"{', '.join(sorted(missing))} is not believed anyway")
        kept = set_forwarders(
            organisation=found, words=[word for word in there if word not in gone], actor=self.actor
        )
        self.say(f"{found.name} believes {len(kept)} forwarders")
