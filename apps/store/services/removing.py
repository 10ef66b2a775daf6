"""How messages are removed for good."""

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store.models import UID_LIMIT
from apps.store.ranges import Ranges
from apps.store.sql import locks
from apps.store.sql import messages as sql
from apps.store.values import Expunged, FolderRef, NoFolder

from . import seen
from .choosing import chosen

ALL: Ranges = ((1, UID_LIMIT - 1),)


def expunge(
    folder: FolderRef, uids: Ranges | None = None, *, only_deleted: bool = True
) -> Plan[Expunged | NoFolder]:
    r"""Remove messages for good: of `uids`, or of all, those with \Deleted, or all of them."""
    yield Run(locks.LOCK_FOLDERS, [[folder.folder_id]])
    many, params = chosen(ALL if uids is None else uids)
    params |= {"mailbox_id": folder.mailbox_id, "folder_id": folder.folder_id}
    rows = yield from query(sql.expunge(many=many, only_deleted=only_deleted), params)
    if not rows:
        return NoFolder(folder.folder_id)
    [(modseq, lows, highs, marked)] = rows
    gone = list(zip(lows, highs, strict=True))
    if gone:
        yield Change(folder.mailbox_id, folder.folder_id, modseq)
        if marked:
            yield from seen.forget(folder, gone)
    return Expunged(modseq, gone)
