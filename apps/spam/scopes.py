"""Where a wish for the filter holds: everywhere, in an organisation, a domain, a group, or one mailbox."""

from dataclasses import dataclass
from typing import Any

from apps.accounts.permissions import Noun, Target
from apps.accounts.queries import grants_of
from apps.domains.models import Domain
from apps.events import audit
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation

from .models import FilterGroup
from .thresholds import Level

type Place = Organisation | Domain | FilterGroup | Mailbox


@dataclass(frozen=True, slots=True)
class Scope:
    """One place; None is the site."""

    place: Place | None = None

    @property
    def level(self) -> Level:
        """How near it is."""
        match self.place:
            case None:
                return Level.SITE
            case Organisation():
                return Level.ORGANISATION
            case Domain():
                return Level.DOMAIN
            case FilterGroup():
                return Level.GROUP
            case Mailbox():
                return Level.USER

    @property
    def columns(self) -> dict[str, Any]:
        """How rows name it."""
        names = {
            Level.ORGANISATION: "organisation",
            Level.DOMAIN: "domain",
            Level.GROUP: "group",
            Level.USER: "mailbox",
        }
        return {
            "level": self.level.value,
            **{name: self.place if level is self.level else None for level, name in names.items()},
        }

    @property
    def organisation_id(self) -> int | None:
        """The organisation it lies in; None for the site."""
        match self.place:
            case None:
                return None
            case Organisation():
                return self.place.id
            case Domain() | FilterGroup():
                return self.place.organisation_id
            case Mailbox():
                return self.place.domain.organisation_id

    def named(self) -> audit.Target:
        """How the audit trail names it."""
        name = "the whole site" if self.place is None else str(self.place)
        return audit.Target("filter", self.place.id if self.place else 0, name, self.organisation_id)

    def target(self) -> Target:
        """As something to act upon: of a mailbox, its owner may, and whoever may act upon the owner."""
        match self.place:
            case None:
                return Target(Noun.FILTER)
            case Domain():
                return Target(Noun.FILTER, self.organisation_id, self.place.id)
            case Mailbox():
                owner = self.place.owner_id
                return Target(
                    Noun.FILTER,
                    self.organisation_id,
                    self.place.domain_id,
                    owner,
                    grants=grants_of(owner) if owner else frozenset(),
                )
            case _:
                return Target(Noun.FILTER, self.organisation_id)


SITE = Scope()
