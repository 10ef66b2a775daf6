"""manage.py user: people who sign in."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.crypto import get_random_string

from apps.accounts.models import Passkey, Totp, User
from apps.accounts.services import credentials, second_factor, users
from apps.mailflow import removal
from apps.organisations.nouns import NounCommand, add_json, confirm, read_password
from apps.organisations.services import find_organisation

PASSWORD_CHARACTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Command(NounCommand):
    """People who sign in."""

    help = (
        "People who sign in. A password is never an argument, where every user of this machine could read it: it is "
        "asked for, read from standard input (one line), or generated. "
        "Example: manage.py user create alice@example.org --name 'Alice' --generate-password"
    )

    def add_verbs(self) -> None:
        """Create, list, change, disable, enable, delete, set-password, reset-second-factor, import-password."""
        create = self.verb(
            "create", self.create, "Make a user. Without a password option, one cannot sign in yet."
        )
        create.add_argument("address", help="what the user signs in with, in a domain we serve")
        create.add_argument("--name", default="", help="how the user is called")
        create.add_argument("--language", default="en", help="like en or de (default: en)")
        password = create.add_mutually_exclusive_group()
        password.add_argument(
            "--password", dest="ask", action="store_true", help="ask, or read standard input"
        )
        password.add_argument(
            "--generate-password", dest="generate", action="store_true", help="make and print one"
        )
        show = self.verb("list", self.show, "List users and their roles.")
        show.add_argument("--organisation", metavar="NAME", help="only those of this tenant")
        add_json(show)
        change = self.verb("change", self.change, "Change how a user is called or spoken to.")
        change.add_argument("address")
        change.add_argument("--name")
        change.add_argument("--language")
        self.verb("disable", self.disable, "Keep a user out and end every session.").add_argument("address")
        self.verb("enable", self.enable, "Let a user in again.").add_argument("address")
        delete = self.verb(
            "delete",
            self.delete,
            "Delete a user with sessions, credentials and roles. Refused while mailboxes are theirs, unless told what "
            "becomes of them.",
        )
        delete.add_argument("address")
        fate = delete.add_mutually_exclusive_group()
        fate.add_argument("--give-mailboxes-to", dest="heir", metavar="USER", help="who owns them then")
        fate.add_argument("--delete-mailboxes", action="store_true", help="delete them with all their mail")
        delete.add_argument("--yes", action="store_true", help="do not ask")
        set_password = self.verb(
            "set-password", self.set_password, "Set a password; sessions that came in by the old one end."
        )
        set_password.add_argument("address")
        set_password.add_argument("--generate", action="store_true", help="make one and print it")
        self.verb(
            "reset-second-factor",
            self.reset_second_factor,
            "Take every second factor away, for a user who lost them; browsers have to sign in again.",
        ).add_argument("address")
        imported = self.verb(
            "import-password",
            self.import_password,
            "Take over a hash from another server, like {SHA512-CRYPT}$6$..., read from standard input.",
        )
        imported.add_argument("address")

    def create(self, *, address: str, name: str, language: str, ask: bool, generate: bool) -> None:
        """Make a user."""
        password = read_password() if ask else _new_password() if generate else None
        with transaction.atomic():
            user = users.create_user(address=address, name=name, language=language, actor=self.actor)
            if password is not None:
                credentials.set_password(user=user, password=password, actor=self.actor)
        self.say(f"made user {user.address}")
        if generate:
            self.say(f"password {password}")

    def show(self, *, organisation: str | None, as_json: bool) -> None:
        """List users."""
        rows = User.objects.select_related("organisation").prefetch_related("roles").order_by("address")
        totp = Totp.objects.filter(user=OuterRef("id"), confirmed_at__isnull=False)
        passkey = Passkey.objects.filter(user=OuterRef("id"))
        rows = rows.annotate(has_second_factor=Exists(totp) | Exists(passkey))
        if organisation is not None:
            rows = rows.filter(organisation=find_organisation(organisation))
        self.table(
            ("address", "active", "organisation", "roles", "second factor", "name"),
            (
                (
                    row.address,
                    row.is_active,
                    row.organisation.name,
                    " ".join(sorted({role.kind for role in row.roles.all()})),
                    row.has_second_factor,
                    row.name,
                )
                for row in rows
            ),
            as_json=as_json,
        )

    def change(self, *, address: str, name: str | None, language: str | None) -> None:
        """Change a user."""
        users.change_user(user=users.find_user(address), name=name, language=language, actor=self.actor)
        self.say(f"changed user {address}")

    def disable(self, *, address: str) -> None:
        """Keep a user out."""
        users.disable_user(user=users.find_user(address), actor=self.actor)
        self.say(f"disabled user {address}")

    def enable(self, *, address: str) -> None:
        """Let a user in again."""
        users.enable_user(user=users.find_user(address), actor=self.actor)
        self.say(f"enabled user {address}")

    def delete(self, *, address: str, heir: str | None, delete_mailboxes: bool, yes: bool) -> None:
        """Delete a user."""
        user = users.find_user(address)
        confirm(f"Deleting {address}.", yes=yes)
        left = removal.delete_user(
            user=user,
            heir=users.find_user(heir) if heir is not None else None,
            with_mailboxes=delete_mailboxes,
            actor=self.actor,
        )
        self.say(f"deleted user {address}")
        for mailbox_id in left:
            removal.finish(mailbox_id)

    def set_password(self, *, address: str, generate: bool) -> None:
        """Set a password."""
        user = users.find_user(address)
        password = _new_password() if generate else read_password()
        credentials.set_password(user=user, password=password, actor=self.actor)
        self.say(f"password {password}" if generate else f"set the password of {address}")

    def reset_second_factor(self, *, address: str) -> None:
        """Take every second factor away."""
        reset = second_factor.reset_second_factor(user=users.find_user(address), actor=self.actor)
        if not (reset.totp or reset.passkeys):
            self.say(f"{address} has no second factor")
            return
        app = "the authenticator app" if reset.totp else "no authenticator app"
        self.say(
            f"took from {address}: {app}, {reset.passkeys} passkeys, {reset.recovery_codes} recovery codes"
        )

    def import_password(self, *, address: str) -> None:
        """Take over a verifier."""
        user = users.find_user(address)
        credentials.import_password(user=user, verifier=read_password("Verifier: "), actor=self.actor)
        self.say(f"imported the password of {address}")


def _new_password() -> str:
    return get_random_string(20, PASSWORD_CHARACTERS)
