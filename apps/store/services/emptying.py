"""Taking a mailbox apart, one bounded transaction after another; each may be the last for a while, or be done twice.

Blobs stay: the sweep takes those that nobody names for a day, and others of the organisation may have the same.
"""

from dataclasses import dataclass

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store.ranges import of_uids
from apps.store.sql import emptying as sql
from apps.store.sql import folders, locks
from apps.store.values import FolderRef

from .removing import expunge

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Emptied:
    """What one step removed; nothing of all means that nothing is left."""

    messages: int = 0
    folders: int = 0
    contents: int = 0

    def __bool__(self) -> bool:
        """Whether it removed anything."""
        return bool(self.messages or self.folders or self.contents)


def empty(mailbox_id: int, *, batch: int = BATCH) -> Plan[Emptied]:
    """Remove some messages of a mailbox; or else an empty folder; or else some contents."""
    for (folder_id,) in (yield from query(sql.FOLDER, [mailbox_id])):
        ref = FolderRef(mailbox_id, folder_id)
        uids = [row[0] for row in (yield from query(sql.UIDS, [mailbox_id, folder_id, batch]))]
        if uids:
            yield from expunge(ref, of_uids(uids), only_deleted=False)
            return Emptied(messages=len(uids))
        yield from _drop(ref)
        return Emptied(folders=1)
    [(gone,)] = yield from query(sql.CONTENTS, [mailbox_id, mailbox_id, batch])
    return Emptied(contents=gone)


def _drop(folder: FolderRef) -> Plan[None]:
    """Remove a folder that is empty, but for what came in this moment, with its log, packs and marks."""
    yield Run(locks.LOCK_MAILBOX, [folder.mailbox_id])
    if not (yield from query(folders.LOCK_ONE, [folder.folder_id, folder.mailbox_id])):
        return
    yield Run(folders.DELETE, {"mailbox_id": folder.mailbox_id, "folder_id": folder.folder_id})
    yield Run(folders.DELETE_ROW, [folder.folder_id, folder.mailbox_id])
    yield Change(folder.mailbox_id, folder.folder_id, 0)
    yield Change(folder.mailbox_id, 0, 0)
