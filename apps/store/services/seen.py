r"""Read marks of one's own: \Seen in a mailbox that keeps it for each member (`Mailbox.private_seen`).

Truth is one row for each user and folder, `store_seen`: the uids this user has read. The \Seen bit of the
message rows means nothing in such a mailbox, and what nobody asks for a user (counters of the folder, the log,
snapshots) goes on counting that bit.

A change takes the folder's lock and its next modseq, like any other: so modseqs stay monotone for each user,
CONDSTORE clients can compare, and a hint that was lost is found by comparing modseqs. The log is everyone's: its
row for such a change names no message and no flag, it only keeps the log without gaps. Others learn from it that
something happened, as HIGHESTMODSEQ tells them, not what, nor by whom. A user's own sessions read the user's row when
the folder moves (`apps.store.read_marks`), and find the modseq of each mark in `changed_at` and `changed`: the last
`KEPT_CHANGES` changes each with its uids. The oldest two are joined under the later modseq when there are
more; a client that asks for changes since then is told of a few messages too many, never of too few.

The row holds no uid that is not there: expunging takes it out in the same transaction, and a folder's
unread messages are counted without looking at its messages. Copies inside the mailbox, and what is moved, keep the
marks of every user; a copy in another mailbox has the mark of whoever copies, as a bit or as a row, whatever that
mailbox keeps.
"""

from collections.abc import Iterable

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store.ranges import Ranges, normalise, of_uids
from apps.store.sql import locks
from apps.store.sql import seen as sql
from apps.store.values import Copied, FlagsSet, FolderRef, NoFolder

from .choosing import chosen

KEPT_CHANGES = 32


def set_seen(
    folder: FolderRef, user_id: int, uids: Ranges, *, seen: bool, unchanged_since: int | None = None
) -> Plan[FlagsSet | NoFolder]:
    """Mark messages as read by a user, or as not read.

    With `unchanged_since` (RFC 7162), messages with another change after that modseq are left alone and reported.
    """
    yield Run(locks.LOCK_FOLDERS, [[folder.folder_id]])
    failed: Ranges = ()
    if unchanged_since is not None:
        failed, uids = yield from changed_since(folder, user_id, uids, unchanged_since)
    many, params = chosen(uids)
    params |= {
        "mailbox_id": folder.mailbox_id,
        "folder_id": folder.folder_id,
        "user_id": user_id,
        "since": unchanged_since,
        "most": KEPT_CHANGES,
    }
    statement = sql.set_seen(many=many, seen=seen, conditional=unchanged_since is not None)
    rows = yield from query(statement, params)
    if not rows:
        return NoFolder(folder.folder_id)
    [(modseq, lows, highs, others)] = rows
    if lows:
        yield Change(folder.mailbox_id, folder.folder_id, modseq)
    return FlagsSet(modseq, list(zip(lows, highs, strict=True)), normalise([*failed, *of_uids(others or ())]))


def changed_since(folder: FolderRef, user_id: int, uids: Ranges, modseq: int) -> Plan[tuple[Ranges, Ranges]]:
    """Divide uids into those whose marks the user changed after a modseq, and the others."""
    params = _columns(normalise(uids)) | {
        "folder_id": folder.folder_id,
        "user_id": user_id,
        "since": modseq,
    }
    rows = yield from query(sql.CHANGED_SINCE, params)
    [(lows, highs, other_lows, other_highs)] = rows
    return list(zip(lows, highs, strict=True)), list(zip(other_lows, other_highs, strict=True))


def mark_new(user_id: int, folder_id: int, uids: Iterable[int], modseq: int) -> Plan[None]:
    """Mark messages that came at `modseq` as read by whoever filed them."""
    yield Run(sql.MARK_NEW, [user_id, folder_id, modseq, list(uids)])


def read_by(folder: FolderRef, user_id: int) -> Plan[str]:
    """Return the uids a user has read, as PostgreSQL writes them."""
    rows = yield from query(sql.READ, [folder.folder_id, user_id])
    return str(rows[0][0]) if rows else "{}"


def mark_copies(user_id: int, target: FolderRef, copied: Copied) -> Plan[None]:
    """Mark copies in another mailbox that came with the bit as read by whoever made them."""
    yield Run(
        sql.MARK_COPIES,
        {
            "user_id": user_id,
            "mailbox_id": target.mailbox_id,
            "folder_id": target.folder_id,
            "first": copied.first_uid,
            "modseq": copied.modseq,
        },
    )


def carry(source: FolderRef, target: FolderRef, copied: Copied) -> Plan[None]:
    """Give copies in the same mailbox every user's marks of what they are copies of."""
    shifts, uid = [], copied.first_uid
    for low, high in copied.source_uids:
        shifts.append(uid - low)
        uid += high - low + 1
    yield Run(
        sql.CARRY,
        _columns(copied.source_uids)
        | {
            "folder_id": source.folder_id,
            "target_id": target.folder_id,
            "modseq": copied.modseq,
            "shifts": shifts,
        },
    )


def forget(folder: FolderRef, uids: Ranges) -> Plan[None]:
    """Remove the marks of messages that are gone."""
    yield Run(sql.FORGET, _columns(uids) | {"folder_id": folder.folder_id})


def _columns(uids: Ranges) -> dict[str, object]:
    return {"lows": [low for low, _ in uids], "highs": [high for _, high in uids]}
