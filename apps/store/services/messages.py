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
from apps.store.ranges import Ranges, normalise, of_uids
from apps.store.sql import locks
from apps.store.sql import messages as sql
from apps.store.values import FlagsSet, FolderRef, NoFolder

from . import seen
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
    user_id: int = 0,
) -> Plan[FlagsSet | NoFolder]:
    r"""Add and remove flags (a flag in both is removed), or replace them all.

    With `unchanged_since` (RFC 7162), messages changed after that modseq are left alone and reported. With
    `user_id`, \Seen is that user's own: it must be given in a mailbox that keeps it for each member.
    """
    if not user_id:
        return (yield from _set_for_all(folder, uids, add, remove, replace, unchanged_since))
    yield Run(locks.LOCK_FOLDERS, [[folder.folder_id]])
    failed: Ranges = ()
    if unchanged_since is not None:
        failed, uids = yield from seen.changed_since(folder, user_id, uids, unchanged_since)
    mark = _mark_of(add, remove, replace)
    add, remove, replace = (
        _without_seen(add),
        _without_seen(remove),
        None if replace is None else _without_seen(replace),
    )
    results: list[FlagsSet | NoFolder] = []
    if mark is not None:
        plan = seen.set_seen(folder, user_id, uids, seen=mark, unchanged_since=unchanged_since)
        results.append((yield from plan))
    if mark is None or add or remove or replace is not None:
        results.append((yield from _set_for_all(folder, uids, add, remove, replace, unchanged_since)))
    done = [result for result in results if isinstance(result, FlagsSet)]
    if not done:
        return NoFolder(folder.folder_id)
    return FlagsSet(
        max(result.modseq for result in done),
        normalise(pair for result in done for pair in result.changed),
        normalise([*failed, *(pair for result in done for pair in result.failed)]),
    )


def _mark_of(add: Flags, remove: Flags, replace: Flags | None) -> bool | None:
    """Say whether messages are to be marked as read, as not read, or neither."""
    if replace is not None:
        return bool(replace.mask & SEEN)
    return False if remove.mask & SEEN else True if add.mask & SEEN else None


def _without_seen(flags: Flags) -> Flags:
    return Flags(flags.mask & ~SEEN, flags.names)


def _set_for_all(
    folder: FolderRef,
    uids: Ranges,
    add: Flags,
    remove: Flags,
    replace: Flags | None,
    unchanged_since: int | None,
) -> Plan[FlagsSet | NoFolder]:
    """Set flags that are the same for everyone."""
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
    counted = "no" if not touched & SEEN else "only" if touched == SEEN and not names else "too"
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
        seen=counted,
        conditional=unchanged_since is not None,
    )
    rows = yield from query(statement, params)
    if not rows:
        return NoFolder(folder.folder_id)
    [(modseq, lows, highs, failed)] = rows
    if lows:
        yield Change(folder.mailbox_id, folder.folder_id, modseq)
    return FlagsSet(modseq, list(zip(lows, highs, strict=True)), of_uids(failed or ()))
