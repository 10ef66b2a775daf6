"""manage.py sender: users whose mail is held because their account may be misused."""

from apps.accounts.permissions import Reach
from apps.accounts.services import users
from apps.mailflow import holding
from apps.mailflow.models import SenderHold
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Users whose mail is held."""

    help = (
        "Users whose mail is held because their account may be misused: see why, then release all of it or drop it. "
        "Example: manage.py sender release alice@example.org"
    )

    def add_verbs(self) -> None:
        """List, hold, release, drop."""
        add_json(self.verb("list", self.show, "List whose mail is held, and why."))
        for name, run, sentence in (
            ("hold", self.hold, "Hold the mail of a user."),
            ("release", self.release, "Let go what was held of a user."),
            ("drop", self.drop, "Give up what was held of a user; nobody is told."),
        ):
            self.verb(name, run, sentence).add_argument("address")

    def show(self, *, as_json: bool) -> None:
        """List them."""
        found = holding.holds_within(Reach(is_everything=True))
        rows = ((one.user.address, f"{one.began_at:%Y-%m-%d %H:%M}", "; ".join(one.reasons)) for one in found)
        self.table(("user", "since", "reasons"), rows, as_json=as_json)

    def hold(self, *, address: str) -> None:
        """Hold one's mail."""
        user = users.find_user(address)
        done = holding.hold(user.id, [f"asked for by {self.actor.name}"])
        self.say(f"mail of {user.address} is held" + ("" if done else " already"))

    def release(self, *, address: str) -> None:
        """Let go."""
        count = holding.release(hold=_hold(address), actor=self.actor)
        self.say(f"{count} recipients released")

    def drop(self, *, address: str) -> None:
        """Give up."""
        count = holding.drop(hold=_hold(address), actor=self.actor)
        self.say(f"{count} recipients dropped")


def _hold(address: str) -> SenderHold:
    found = holding.hold_of(users.find_user(address))
    if found is None:
        raise NotFoundError(f"no mail of {address} is held")
    return found
