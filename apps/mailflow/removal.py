"""Deleting mailboxes and users: first the address leads nowhere, then the mail goes, little by little.

Deleting 100,000 messages in one transaction would hold everybody up, and what a crash breaks off must go on. So a
mailbox is closed, loses its name, which is free again at once, and is taken apart in steps: by whoever asked for it, and
by housekeeping, which also finishes what was left. Mail that was accepted for it before fails, and its sender is told.
"""

from collections.abc import Callable

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import users
from apps.events.audit import SYSTEM, Actor
from apps.events.transactions import Plan, perform, query
from apps.mailboxes import removal
from apps.mailboxes.models import Mailbox
from apps.organisations.errors import DirectoryError
from apps.spam.marks import learning
from apps.store.services import emptying

from . import sql

JOURNAL_ROWS = 5000


def always() -> bool:
    """Go on without an end."""
    return True


def delete_mailbox(*, mailbox: Mailbox, actor: Actor) -> None:
    """Delete a mailbox: nobody opens it, and its address leads nowhere, from now on. `finish` removes its mail."""
    removal.begin(mailbox=mailbox, actor=actor)


def finish(
    mailbox_id: int, *, go_on: Callable[[], bool] = always, progress: Callable[[int], object] = lambda n: None
) -> bool:
    """Remove what is left of a deleted mailbox, for as long as `go_on` says so; return whether nothing is left.

    `progress` hears how many messages went. An import that is running keeps its mailbox until it ends.
    """
    if not perform(query(sql.LOCK_IMPORT, [mailbox_id]))[0][0]:
        return False
    try:
        while go_on():
            if step := perform(emptying.empty(mailbox_id)):
                progress(step.messages)
            elif perform(_forget_imports(mailbox_id)) or perform(learning.forget(mailbox_id)):
                continue
            elif removal.finish(mailbox_id):
                return True
        return False
    finally:
        perform(query(sql.UNLOCK_IMPORT, [mailbox_id]))


def _forget_imports(mailbox_id: int) -> Plan[int]:
    [(gone,)] = yield from query(sql.FORGET_IMPORTS, [mailbox_id, mailbox_id, JOURNAL_ROWS])
    return int(gone)


def finish_all(go_on: Callable[[], bool] = always) -> int:
    """Go on with every deleted mailbox of which something is left; return how many are gone."""
    left = Mailbox.objects.filter(removing_since__isnull=False).order_by("id").values_list("id", flat=True)
    return sum(finish(mailbox_id, go_on=go_on) for mailbox_id in left if go_on())


def delete_user(
    *, user: User, heir: User | None = None, with_mailboxes: bool = False, actor: Actor = SYSTEM
) -> list[int]:
    """Delete a user with sessions, credentials and roles. Mailboxes go to an heir, or are deleted; else it is refused.

    Returns the mailboxes to `finish`.
    """
    owned = list(Mailbox.objects.filter(owner=user).select_related("domain").order_by("id"))
    if owned and heir is None and not with_mailboxes:
        names = ", ".join(map(str, owned[:5]))
        more = f" and {len(owned) - 5} more" if len(owned) > 5 else ""
        raise DirectoryError(
            f"{user.address} owns {names}{more}: say who gets them, or that they are deleted"
        )
    if heir is not None and heir.id == user.id:
        raise DirectoryError(f"{user.address} cannot be the heir of {user.address}")
    with transaction.atomic():
        for mailbox in owned:
            if heir is not None:
                removal.set_owner(mailbox=mailbox, owner=heir, actor=actor)
            else:
                removal.begin(mailbox=mailbox, actor=actor)
        users.delete_user(user=user, actor=actor)
    return [] if heir is not None else [mailbox.id for mailbox in owned]
