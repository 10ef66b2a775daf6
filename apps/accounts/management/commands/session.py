"""manage.py session: who is signed in."""

import uuid

from django.core.exceptions import ValidationError

from apps.accounts.models import Session
from apps.accounts.services import sessions, users
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Sessions."""

    help = "Who is signed in, through which door, and from where. Example: manage.py session list alice@example.org"

    def add_verbs(self) -> None:
        """List, end, end-all."""
        show = self.verb("list", self.show, "List live sessions, the last seen first.")
        show.add_argument("address", nargs="?", help="only those of this user")
        show.add_argument("--ended", action="store_true", help="ended ones, too")
        add_json(show)
        end = self.verb("end", self.end, "End one session; its connections close within a minute.")
        end.add_argument("id", help="as shown by list")
        end_all = self.verb("end-all", self.end_all, "End every session of a user.")
        end_all.add_argument("address")

    def show(self, *, address: str | None, ended: bool, as_json: bool) -> None:
        """List sessions."""
        rows = Session.objects.select_related("user").order_by("-seen_at")
        if address:
            rows = rows.filter(user=users.find_user(address))
        if not ended:
            rows = rows.filter(ended_at=None)
        self.table(
            ("id", "user", "door", "from", "client", "since", "seen", "ended"),
            (
                (
                    str(row.id),
                    row.user.address,
                    row.door,
                    row.peer,
                    row.client,
                    row.created_at.isoformat(timespec="minutes"),
                    row.seen_at.isoformat(timespec="minutes"),
                    row.ended_at.isoformat(timespec="minutes") if row.ended_at else None,
                )
                for row in rows
            ),
            as_json=as_json,
        )

    def end(self, *, id: str) -> None:  # noqa: A002  # the argument's name on the command line
        """End one session."""
        try:
            session = Session.objects.select_related("user").get(id=uuid.UUID(id))
        except (ValueError, ValidationError, Session.DoesNotExist):
            raise NotFoundError(f"there is no session {id}") from None
        sessions.end_session(session=session, actor=self.actor)
        self.say(f"ended the session of {session.user.address}")

    def end_all(self, *, address: str) -> None:
        """End every session of a user."""
        count = sessions.end_sessions(user_id=users.find_user(address).id, actor=self.actor)
        self.say(f"ended {count} sessions of {address}")
