r"""Switching \Seen of a mailbox in use between one mark for all and one for each member (see `seen`).

Nobody's mail becomes unread by it: at first each has read what was read by all, and later the owner's marks become
those of all, or everybody's where nobody owns the mailbox. IMAP sessions that are open are ended within half a minute
and find the other way when they come back; what they mark in between may be lost.
"""

from django.db import transaction

from apps.events import audit
from apps.events.changes import Change
from apps.events.transactions import Plan, perform, query
from apps.mailboxes.models import Mailbox
from apps.mailboxes.services import target_of
from apps.store.sql import checks
from apps.store.sql import seen as sql


def set_private_seen(*, mailbox: Mailbox, on: bool, actor: audit.Actor) -> None:
    """Let each member of a mailbox have read marks of their own, or all have the same."""
    with transaction.atomic():
        locked = Mailbox.objects.select_for_update(no_key=True).get(id=mailbox.id)
        if locked.private_seen != on:
            users = [*locked.members.values_list("user_id", flat=True)]
            users += [locked.owner_id] if locked.owner_id is not None else []
            perform(_divide(mailbox.id, users) if on else _unite(mailbox.id, locked.owner_id))
            Mailbox.objects.filter(id=mailbox.id).update(private_seen=on)
            audit.record(
                actor=actor, action="mailbox.private_seen", target=target_of(mailbox), details={"on": on}
            )
    mailbox.private_seen = on


def _divide(mailbox_id: int, users: list[int]) -> Plan[None]:
    yield from _each(sql.DIVIDE, mailbox_id, {"users": users})


def _unite(mailbox_id: int, owner_id: int | None) -> Plan[None]:
    yield from _each(sql.UNITE, mailbox_id, {"owner_id": owner_id})


def _each(statement: str, mailbox_id: int, params: dict[str, object]) -> Plan[None]:
    """Change every folder of a locked mailbox, in the order of its locks."""
    for (folder_id,) in (yield from query(checks.LOCK_ALL_FOLDERS, [mailbox_id])):
        where = {"mailbox_id": mailbox_id, "folder_id": folder_id}
        rows = yield from query(statement, where | params)
        yield from (Change(mailbox_id, folder_id, modseq) for (modseq,) in rows)
