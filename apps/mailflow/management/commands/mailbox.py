"""manage.py mailbox: addresses that keep mail."""

from tqdm import tqdm

from apps.accounts.models import User
from apps.accounts.services.users import find_user
from apps.domains.services import find_domain
from apps.mailboxes import services
from apps.mailboxes.models import Mailbox
from apps.mailboxes.removal import find_or_left
from apps.mailflow import removal
from apps.organisations.errors import NotFoundError
from apps.organisations.nouns import NounCommand, add_json, confirm, show_size, size
from apps.store.services.private_seen import set_private_seen


class Command(NounCommand):
    """Addresses that keep mail."""

    help = "Addresses that keep mail, their quotas and members. Example: manage.py mailbox create alice@example.org"

    def add_verbs(self) -> None:
        """Create, list, disable, enable, delete, set-quota, private-seen, add-member, remove-member."""
        create = self.verb(
            "create",
            self.create,
            "Make a mailbox, owned by the user of the same address unless --owner or --shared says otherwise.",
        )
        create.add_argument("address")
        owner = create.add_mutually_exclusive_group()
        owner.add_argument("--owner", metavar="ADDRESS", help="the user it belongs to")
        owner.add_argument("--shared", action="store_true", help="it belongs to nobody and has members only")
        create.add_argument(
            "--quota", type=size, metavar="SIZE", help="like 10G; 0: no limit (default: the setting)"
        )
        show = self.verb("list", self.show, "List mailboxes, what they hold and may hold.")
        show.add_argument("--domain", metavar="NAME", help="only those of this domain")
        add_json(show)
        disable = self.verb(
            "disable",
            self.disable,
            "Refuse its mail and let nobody open it. Nothing is deleted; enable undoes it.",
        )
        disable.add_argument("address")
        self.verb("enable", self.enable, "Let a mailbox receive and be opened again.").add_argument("address")
        delete = self.verb(
            "delete",
            self.delete,
            "Delete a mailbox with all its mail. Its address is free at once; housekeeping finishes what is broken off.",
        )
        delete.add_argument("address")
        delete.add_argument("--yes", action="store_true", help="do not ask")
        quota = self.verb("set-quota", self.set_quota, "Change how much a mailbox may hold.")
        quota.add_argument("address")
        quota.add_argument("quota", type=size, metavar="SIZE", help="like 10G; 0: no limit")
        seen = self.verb(
            "private-seen",
            self.private_seen,
            "Let each member have read marks of their own (on), or all have the same (off). Nothing becomes unread.",
        )
        seen.add_argument("address")
        seen.add_argument("switch", choices=("on", "off"))
        member = self.verb(
            "add-member", self.add_member, "Let a user use this mailbox, with exactly these rights."
        )
        member.add_argument("address")
        member.add_argument("user", metavar="USER")
        member.add_argument(
            "rights", nargs="+", choices=services.RIGHTS, metavar="RIGHT", help="read write send manage"
        )
        remove = self.verb("remove-member", self.remove_member, "Take this mailbox away from a member.")
        remove.add_argument("address")
        remove.add_argument("user", metavar="USER")

    def create(self, *, address: str, owner: str | None, shared: bool, quota: int | None) -> None:
        """Make a mailbox."""
        made = services.create_mailbox(
            address=address,
            owner=None if shared else _owner(owner or address),
            quota_bytes=quota,
            actor=self.actor,
        )
        self.say(f"made mailbox {made}")

    def show(self, *, domain: str | None, as_json: bool) -> None:
        """List mailboxes."""
        rows = Mailbox.objects.select_related("domain", "owner", "usage").order_by(
            "domain__name", "local_part"
        )
        if domain:
            rows = rows.filter(domain=find_domain(domain))
        self.table(
            ("address", "active", "owner", "messages", "bytes", "quota", "private_seen"),
            (
                (
                    str(row),
                    row.is_active,
                    row.owner.address if row.owner else None,
                    row.usage.messages,
                    row.usage.bytes,
                    show_size(row.quota_bytes),
                    row.private_seen,
                )
                for row in rows
            ),
            as_json=as_json,
        )

    def disable(self, *, address: str) -> None:
        """Close a mailbox."""
        services.disable_mailbox(mailbox=services.find_mailbox(address), actor=self.actor)
        self.say(f"disabled mailbox {address}")

    def enable(self, *, address: str) -> None:
        """Open a mailbox again."""
        services.enable_mailbox(mailbox=services.find_mailbox(address), actor=self.actor)
        self.say(f"enabled mailbox {address}")

    def delete(self, *, address: str, yes: bool) -> None:
        """Delete a mailbox, or go on with it."""
        mailbox = find_or_left(address)
        if mailbox.removing_since is None:
            confirm(f"{address} holds {mailbox.usage.messages} messages.", yes=yes)
            removal.delete_mailbox(mailbox=mailbox, actor=self.actor)
        self.finish([(address, mailbox.id)])

    def finish(self, deleted: list[tuple[str, int]]) -> None:
        """Remove the mail of deleted mailboxes."""
        for address, mailbox_id in deleted:
            with tqdm(unit=" messages", disable=None) as bar:
                is_gone = removal.finish(mailbox_id, progress=bar.update)
            left = "; an import is running, and the rest goes when it has ended"
            self.say(f"deleted mailbox {address}{'' if is_gone else left}")

    def set_quota(self, *, address: str, quota: int) -> None:
        """Change a quota."""
        services.set_quota(mailbox=services.find_mailbox(address), quota_bytes=quota, actor=self.actor)
        self.say(f"{address} may hold {show_size(quota)}" if quota else f"{address} has no limit")

    def private_seen(self, *, address: str, switch: str) -> None:
        """Change how read marks are kept."""
        set_private_seen(mailbox=services.find_mailbox(address), on=switch == "on", actor=self.actor)
        whose = (
            "each member has read marks of their own" if switch == "on" else "all have the same read marks"
        )
        self.say(f"{address}: {whose}")

    def add_member(self, *, address: str, user: str, rights: list[str]) -> None:
        """Let a user use a mailbox."""
        services.set_member(
            mailbox=services.find_mailbox(address), user=find_user(user), rights=rights, actor=self.actor
        )
        self.say(f"{user} may {', '.join(right for right in services.RIGHTS if right in rights)} {address}")

    def remove_member(self, *, address: str, user: str) -> None:
        """Take a mailbox away."""
        services.remove_member(mailbox=services.find_mailbox(address), user=find_user(user), actor=self.actor)
        self.say(f"{user} may not use {address}")


def _owner(address: str) -> User:
    try:
        return find_user(address)
    except NotFoundError as error:
        raise NotFoundError(f"{error}: make it first, or give --owner or --shared") from None
