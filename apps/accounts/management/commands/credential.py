"""manage.py credential: passwords for programs and tokens for the API."""

from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts import security
from apps.accounts.doors import MAIL_DOORS
from apps.accounts.models import Credential
from apps.accounts.permissions import SCOPES
from apps.accounts.services import credentials, users
from apps.events.arguments import days
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json


class Command(NounCommand):
    """Credentials."""

    help = (
        "App passwords for mail programs and tokens for the API: generated, printed once, and kept only as hashes. "
        "Example: manage.py credential add-app-password alice@example.org 'Phone'"
    )

    def add_verbs(self) -> None:
        """Add app passwords and tokens, list them and second factors, remove."""
        app = self.verb("add-app-password", self.add_app_password, "Make a password for one mail program.")
        app.add_argument("address")
        app.add_argument("label", help="what it is for, like Phone")
        app.add_argument(
            "--door",
            dest="doors",
            action="append",
            choices=sorted(MAIL_DOORS),
            help="only this door; repeatable",
        )
        token = self.verb(
            "add-token",
            self.add_token,
            "Make an API token; it may do what its scopes and its user may both do.",
        )
        token.add_argument("address")
        token.add_argument("label", help="what it is for, like Backup script")
        token.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            required=True,
            choices=[*SCOPES, "all"],
            metavar="SCOPE",
            help=f"repeatable: {', '.join(SCOPES)}, or all",
        )
        for verb in (app, token):
            verb.add_argument(
                "--network",
                dest="networks",
                action="append",
                default=[],
                help="only from here, like 192.0.2.0/24",
            )
            verb.add_argument("--days", type=days, help="how long it is good for; default: until removed")
        show = self.verb("list", self.show, "List credentials; secrets are not kept and cannot be shown.")
        show.add_argument("address", nargs="?", help="only those of this user")
        add_json(show)
        factors = self.verb(
            "list-factors", self.show_factors, "List second factors: apps, passkeys, recovery codes."
        )
        factors.add_argument("address", nargs="?", help="only those of this user")
        add_json(factors)
        remove = self.verb("remove", self.remove, "Withdraw a credential and end the sessions it opened.")
        remove.add_argument("id", type=int, help="as shown by list")

    def add_app_password(
        self, *, address: str, label: str, doors: list[str] | None, networks: list[str], days: int | None
    ) -> None:
        """Make an app password."""
        made = credentials.add_app_password(
            user=users.find_user(address),
            label=label,
            doors=doors or MAIL_DOORS,
            networks=networks,
            expires_at=_after(days),
            actor=self.actor,
        )
        self.say(made.secret)

    def add_token(
        self, *, address: str, label: str, scopes: list[str], networks: list[str], days: int | None
    ) -> None:
        """Make a token."""
        made = credentials.add_token(
            user=users.find_user(address),
            label=label,
            scopes=SCOPES if "all" in scopes else scopes,
            networks=networks,
            expires_at=_after(days),
            actor=self.actor,
        )
        self.say(made.secret)

    def show(self, *, address: str | None, as_json: bool) -> None:
        """List credentials."""
        rows = Credential.objects.select_related("user").order_by("user__address", "id")
        if address:
            rows = rows.filter(user=users.find_user(address))
        self.table(
            ("id", "user", "kind", "label", "scheme", "scopes", "expires", "last used"),
            (
                (
                    row.id,
                    row.user.address,
                    row.kind,
                    row.label,
                    row.scheme,
                    "all" if set(row.scopes) == set(SCOPES) else " ".join(row.scopes),
                    _day(row.expires_at),
                    _day(row.last_used_at),
                )
                for row in rows
            ),
            as_json=as_json,
        )

    def show_factors(self, *, address: str | None, as_json: bool) -> None:
        """List second factors."""
        user = users.find_user(address) if address else None
        self.table(
            ("user", "kind", "label", "since", "last used", "left"),
            (
                (row.address, row.kind, row.label, _day(row.since), _day(row.last_used_at), row.left)
                for row in security.list_factors(user)
            ),
            as_json=as_json,
        )

    def remove(self, *, id: int) -> None:  # noqa: A002  # the argument's name on the command line
        """Withdraw a credential."""
        credential = Credential.objects.select_related("user").filter(id=id).first()
        if credential is None:
            raise NotFoundError(f"there is no credential {id}")
        credentials.remove_credential(credential=credential, actor=self.actor)
        self.say(f"removed {credential.kind} {credential.label}".rstrip())


def _after(days: int | None) -> datetime | None:
    return None if days is None else timezone.now() + timedelta(days=days)


def _day(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="minutes") if moment else None
