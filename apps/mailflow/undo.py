"""Taking back what `refile.py` did: every message to its own former folder and flags, once, within a day.

A message that somebody else moved, removed or changed back since is left as it is, and counted.
"""

import datetime as dt
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.events.transactions import Plan, perform, query
from apps.mailboxes.queries import mailboxes_of
from apps.store.flags import NONE, Flags
from apps.store.ranges import count, of_uids
from apps.store.services import messages
from apps.store.sql import locks
from apps.store.values import Copied, FlagsSet, FolderRef

from . import refile
from . import sql_refile as sql
from .models import UndoRecord
from .refile import Kind

LISTED = 20
FORGET_AT_ONCE = 500


class Why(enum.StrEnum):
    """Why nothing can be taken back."""

    UNKNOWN = "unknown"
    DONE = "done"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class CannotUndo:
    """Nothing was done: there is no such action of this user, it was taken back already, or it is too long ago."""

    why: Why


@dataclass(frozen=True, slots=True)
class Undone:
    """So many messages are as they were; so many others had been changed since, and were left alone."""

    kind: Kind
    restored: int
    skipped: int


@dataclass(frozen=True, slots=True)
class RecentAction:
    """Something a user did, newest first; `token` is for `undo`."""

    token: int
    mailbox_id: int
    kind: Kind
    detail: str
    messages: int
    at: dt.datetime
    is_undone: bool


def recent_actions(user_id: int, *, mailbox_id: int | None = None) -> list[RecentAction]:
    """Return what a user did last, in all mailboxes or in one."""
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    records = UndoRecord.objects.filter(user_id=user_id, created_at__gt=since).exclude(messages=0)
    if mailbox_id is not None:
        records = records.filter(mailbox_id=mailbox_id)
    return [
        RecentAction(
            record.pk,
            record.mailbox_id,
            Kind(record.kind),
            record.detail,
            record.messages,
            record.created_at,
            record.undone_at is not None,
        )
        for record in records.defer("steps").order_by("-id")[:LISTED]
    ]


def undo(user_id: int, token: int) -> Undone | CannotUndo:
    """Take back an action of this user, if they still may change its mailbox."""
    writable = {box.mailbox_id for box in mailboxes_of(user_id) if "write" in box.rights}
    first = True
    while True:
        result = perform(_undo_last(user_id, token, writable, begun=not first))
        if result is not None:
            return result
        first = False


def forget(go_on: Callable[[], bool] = lambda: True) -> int:
    """Remove the records that are too old; return how many."""
    total = 0
    while go_on():
        gone = len(perform(query(sql.FORGET, [FORGET_AT_ONCE])))
        total += gone
        if gone < FORGET_AT_ONCE:
            break
    return total


def _undo_last(
    user_id: int, token: int, writable: set[int], *, begun: bool
) -> Plan[Undone | CannotUndo | None]:
    """Take back the last step of a record in one transaction; None means that there are more."""
    rows = yield from query(sql.LOCK, [token, user_id])
    if not rows or rows[0][0] not in writable:
        return CannotUndo(Why.UNKNOWN)
    [(mailbox_id, kind, steps, total, restored, is_undone, is_late)] = rows
    if is_undone:
        # Whoever undoes at the same time may have taken the last step while we took one before.
        return Undone(Kind(kind), restored, total - restored) if begun else CannotUndo(Why.DONE)
    if is_late and not begun:
        return CannotUndo(Why.LATE)
    if not steps:
        return CannotUndo(Why.UNKNOWN)
    moves = any(step["do"] == "move" for step in steps)
    step = steps.pop()
    done = yield from _back(mailbox_id, step)
    # Of messages that were moved and flagged, the moves count.
    counted = done if step["do"] == "move" or not (moves or restored) else 0
    params = {"steps": json.dumps(steps), "restored": counted, "id": token}
    [(restored,)] = yield from query(sql.TAKE_OFF, params)
    return None if steps else Undone(Kind(kind), restored, max(0, total - restored))


def _back(mailbox_id: int, step: dict[str, Any]) -> Plan[int]:
    """Do the contrary of a step; return for how many messages that changed something."""
    if step["do"] == "move":
        source, target = FolderRef(mailbox_id, step["to"]), FolderRef(mailbox_id, step["from"])
        yield from query(locks.LOCK_FOLDERS, [sorted({step["to"], step["from"]})])
        uids = yield from _uids(source, step, step["first"])
        if not uids:
            return 0
        moved = yield from messages.move(source, target, of_uids(uids))
        return count(moved.source_uids) if isinstance(moved, Copied) else 0
    folder = FolderRef(mailbox_id, step["in"])
    yield from query(locks.LOCK_FOLDERS, [[step["in"]]])
    uids = yield from _uids(folder, step, 0)
    if not uids:
        return 0
    flags = Flags(step["mask"], tuple(step["names"]))
    add, remove = (NONE, flags) if step["do"] == "set" else (flags, NONE)
    result = yield from refile.set_flags(folder, of_uids(uids), add=add, remove=remove, user_id=step["eyes"])
    return count(result.changed) if isinstance(result, FlagsSet) else 0


def _uids(folder: FolderRef, step: dict[str, Any], first: int) -> Plan[list[int]]:
    """Return where the contents of a step are now in a folder."""
    rows = yield from query(
        sql.UIDS,
        {
            "mailbox": folder.mailbox_id,
            "folder": folder.folder_id,
            "first": first,
            "lows": [low for low, _ in step["contents"]],
            "highs": [high for _, high in step["contents"]],
        },
    )
    return [row[0] for row in rows]
