"""The end of a mailbox, as far as the directory goes, and its passing to another owner."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.events import audit
from apps.organisations.errors import DirectoryError, NotFoundError

from .models import Mailbox, MailboxMember, Usage
from .services import find_mailbox, target_of

# No address has a space that we give out, so nobody writes to what is called so.
NAME = 40


def begin(*, mailbox: Mailbox, actor: audit.Actor) -> None:
    """Close a mailbox for good and take its name away; its mail is removed by whoever goes on (`removing_since`)."""
    with transaction.atomic():
        locked = Mailbox.objects.select_for_update(no_key=True, of=("self",)).select_related(
            "domain", "owner", "usage"
        )
        row = locked.get(id=mailbox.id)
        if row.removing_since is None:
            target, held = target_of(row), Usage.objects.filter(mailbox=row).first()
            Mailbox.objects.filter(id=row.id).update(
                is_active=False,
                owner=None,
                removing_since=timezone.now(),
                local_part=f"{row.local_part[:NAME]} {row.id}",
            )
            audit.record(
                actor=actor,
                action="mailbox.delete",
                target=target,
                details={
                    "owner": row.owner.address if row.owner else None,
                    "messages": held.messages if held else 0,
                    "bytes": held.bytes if held else 0,
                },
            )
    mailbox.refresh_from_db()


def finish(mailbox_id: int) -> bool:
    """Remove the row of a mailbox that was taken apart; False if something came in this moment."""
    try:
        with transaction.atomic():
            row = (
                Mailbox.objects.select_for_update()
                .filter(id=mailbox_id, removing_since__isnull=False)
                .first()
            )
            if row is not None:
                target = target_of(row)
                row.delete()
                audit.record(actor=audit.SYSTEM, action="mailbox.removed", target=target)
    except (ProtectedError, IntegrityError):
        return False
    return True


def find(address: str) -> Mailbox | None:
    """Return the latest deleted mailbox of an address of which something is left."""
    local, _, domain = address.lower().rpartition("@")
    left = Mailbox.objects.filter(
        removing_since__isnull=False, domain__name=domain, local_part__startswith=f"{local[:NAME]} "
    )
    return left.order_by("-removing_since").first()


def find_or_left(address: str) -> Mailbox:
    """Return the mailbox of an address, or what is left of it; raises NotFoundError."""
    try:
        return find_mailbox(address)
    except NotFoundError:
        if (left := find(address)) is None:
            raise
        return left


def set_owner(*, mailbox: Mailbox, owner: User, actor: audit.Actor) -> None:
    """Give a mailbox to another user of its organisation, who is no mere member then."""
    if owner.organisation_id != mailbox.domain.organisation_id:
        raise DirectoryError(f"{owner.address} is of another organisation than {mailbox}")
    if owner.id == actor.user_id:
        # A role opens nobody's mail, and whoever may pass mailboxes on would only have to name themselves.
        raise DirectoryError(_("You cannot give a mailbox to yourself. Ask another administrator."))
    with transaction.atomic():
        before = Mailbox.objects.select_for_update(no_key=True).get(id=mailbox.id).owner_id
        Mailbox.objects.filter(id=mailbox.id).update(owner=owner)
        MailboxMember.objects.filter(mailbox=mailbox, user=owner).delete()
        audit.record(
            actor=actor,
            action="mailbox.owner",
            target=target_of(mailbox),
            details={"before": before, "after": owner.id, "owner": owner.address},
        )
    mailbox.owner = owner
