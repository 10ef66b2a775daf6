r"""Every change of messages: append, set_flags, copy, move, expunge.

Each is a plan (see `apps.events.transactions`): one transaction that locks its folders first, in ascending
id, then what the mailboxes hold; moves counters, usage and log together; and announces one Change a folder.
Because the lock is taken by a statement of its own, what follows sees all that was committed before.

A plan can be part of a greater one. Then the greater one keeps the order of locks: all folders of all its
steps in ascending id, then usage, then blobs.
"""

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store import keywords
from apps.store.flags import ALL_BITS, NONE, SEEN, Flags
from apps.store.models import FolderLog
from apps.store.ranges import Ranges, of_uids
from apps.store.sql import locks
from apps.store.sql import messages as sql
from apps.store.values import FlagsSet, FolderRef, NoFolder

from .choosing import chosen
from .placing import BATCH, append
from .removing import ALL, expunge
from .transfers import copy, move

__all__ = ["ALL", "BATCH", "append", "copy", "expunge", "move", "set_flags"]

Op = FolderLog.Op


def set_flags(
    folder: FolderRef,
    uids: Ranges,
    *,
    add: Flags = NONE,
    remove: Flags = NONE,
    replace: Flags | None = None,
    unchanged_since: int | None = None,
) -> Plan[FlagsSet | NoFolder]:
    """Add and remove flags (a flag in both is removed), or replace them all.

    With `unchanged_since` (RFC 7162), messages changed after that modseq are left alone and reported.
    """
    if replace is not None:
        add, remove = replace, NONE
    yield Run(locks.LOCK_FOLDERS, [[folder.folder_id]])
    bits: keywords.Bits = {}
    if add.names:
        bits = yield from keywords.assign({folder.mailbox_id: add.names})
    if remove.names:
        bits |= yield from keywords.known([folder.mailbox_id])
    add_mask, add_names = keywords.resolve(folder.mailbox_id, add, bits)
    remove_mask, remove_names = keywords.resolve(folder.mailbox_id, remove, bits)
    add_mask &= ALL_BITS & ~remove_mask
    add_names = [name for name in add_names if name not in remove_names]

    keep = 0 if replace is not None else ALL_BITS & ~remove_mask
    touched = (ALL_BITS & ~keep) | add_mask
    names = bool(add_names or remove_names or replace is not None)
    seen = "no" if not touched & SEEN else "only" if touched == SEEN and not names else "too"
    if replace is not None:
        entries = [(Op.REPLACE, add_mask, add_names)]
    else:
        entries = [
            (op, mask, more)
            for op, mask, more in ((Op.ADD, add_mask, add_names), (Op.REMOVE, remove_mask, remove_names))
            if mask or more
        ]
    many, params = chosen(uids)
    params |= {
        "mailbox_id": folder.mailbox_id,
        "folder_id": folder.folder_id,
        "keep": keep,
        "set": add_mask,
        "add_names": add_names,
        "remove_names": remove_names,
        "more": add_names or None,
        "sign": -1 if add_mask & SEEN else 1,
        "since": unchanged_since,
        "ops": [int(op) for op, _, _ in entries],
        "masks": [mask for _, mask, _ in entries],
        "names": [" ".join(more) for _, _, more in entries],
    }
    statement = sql.set_flags(
        many=many,
        names=names,
        replace=replace is not None,
        seen=seen,
        conditional=unchanged_since is not None,
    )
    rows = yield from query(statement, params)
    if not rows:
        return NoFolder(folder.folder_id)
    [(modseq, lows, highs, failed)] = rows
    if lows:
        yield Change(folder.mailbox_id, folder.folder_id, modseq)
    return FlagsSet(modseq, list(zip(lows, highs, strict=True)), of_uids(failed or ()))
