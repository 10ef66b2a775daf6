"""Housekeeping: what is no longer needed goes, a little at a time; everything here may be done again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from apps.events.transactions import Plan, Run, perform, query
from apps.store import blobs
from apps.store.partitions import PARTITIONS
from apps.store.ranges import of_uids
from apps.store.segments import HEADER, Record
from apps.store.sql import checks, folders, locks
from apps.store.sql import keeping as sql
from apps.store.values import Expunged, FolderRef

from . import messages

log = logging.getLogger(__name__)

KEPT_CHANGES = 10_000
KEPT_DAYS = 7
CURSOR_DAYS = 30
EXPUNGE_DAYS = 400
DAY = 86400.0
# A segment of which less is in use is written anew.
LEAST_USED = 0.5
COMPACT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cursor:
    """A table whose rows remember up to which modseq somebody has read a folder's log."""

    table: str
    folder: str = "folder_id"
    modseq: str = "modseq"
    touched: str = "touched_at"


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of each went."""

    contents: int
    blobs: int
    segments: int


CURSORS: set[Cursor] = set()
"""Who reads logs: the trim never passes a cursor that moved within the last 30 days."""


def sweep_contents(partition: int) -> Plan[int]:
    """Remove the contents of a partition that no folder has any more; return how many."""
    [(gone,)] = yield from query(sql.sweep_contents(partition))
    return int(gone)


def sweep_blobs() -> Plan[int]:
    """Remove blobs that nobody has named for a day, at most 10,000; return how many."""
    named = ((reference.table, reference.column) for reference in blobs.REFERENCES)
    [(gone,)] = yield from query(sql.sweep_blobs(named))
    return int(gone)


def trim_log(folder: FolderRef) -> Plan[int]:
    """Shorten a folder's log to what readers may still need; return how many rows went."""
    yield Run(locks.LOCK_FOLDERS, [[folder.folder_id]])
    readers = ((cursor.table, cursor.folder, cursor.modseq, cursor.touched) for cursor in CURSORS)
    params = {
        "mailbox_id": folder.mailbox_id,
        "folder_id": folder.folder_id,
        "keep": KEPT_CHANGES,
        "days": KEPT_DAYS,
        "cursor_days": CURSOR_DAYS,
        "expunge_days": EXPUNGE_DAYS,
    }
    rows = yield from query(sql.floor(readers), params)
    if not rows or rows[0][0] is None or rows[0][0] <= 0:
        return 0
    rows = yield from query(sql.TRIM, params | {"floor": rows[0][0]})
    return int(rows[0][0]) if rows else 0


def forget_merges() -> Plan[int]:
    """Forget which conversations became one more than a month ago; nobody knows them by heart for so long."""
    return len((yield from query(sql.FORGET_MERGES)))


def recount(partition: int, go_on: Callable[[], bool] = lambda: True) -> int:
    """Count what each mailbox of a partition holds from its messages, and mend what is said; return how many were wrong.

    Nothing is locked to look. Who is wrong is counted again under the lock of its usage, and of no folder: whoever
    changes what a mailbox holds moves that row in the same transaction, and so is either seen or adds to the new
    figures. Of many that are wrong, those that `go_on` leaves no time for are found again another day.
    """
    mended = 0
    for mailbox_id, *figures in perform(query(sql.miscounted(partition, PARTITIONS))):
        if not go_on():
            break
        told = dict(zip(("said_bytes", "said_messages", "bytes", "messages"), figures, strict=True))
        log.warning("usage was wrong", extra={"mailbox": mailbox_id} | told)
        perform(_mend(mailbox_id))
        mended += 1
    return mended


def _mend(mailbox_id: int) -> Plan[None]:
    if not (yield from query(locks.LOCK_MAILBOX, [mailbox_id])):
        return
    yield Run(folders.ENSURE_USAGE, [mailbox_id])
    yield Run(locks.LOCK_USAGE, [[mailbox_id]])
    yield Run(checks.REPAIR_USAGE, {"mailbox_id": mailbox_id})


def drop_segments() -> int:
    """Remove segments no blob is in, and write anew those that are mostly dead; return how many went."""
    store = blobs.segments()
    used: dict[str, int] = dict(perform(query(sql.SEGMENTS)))
    gone = 0
    for segment in store.names():
        if segment not in used:
            # Whoever found a blob's row a moment before it was named elsewhere still reads here.
            if store.is_retired(segment):
                gone += store.remove(segment, seconds=DAY)
            elif store.idle(segment, seconds=DAY):
                store.retire(segment)
        elif used[segment] < LEAST_USED * store.size(segment) and store.idle(segment, seconds=DAY):
            try:
                compact(segment)
            except (OSError, EOFError) as error:
                # Damage is for `store check` to tell; the other segments are kept house of.
                log.error("segment not written anew", extra={"segment": segment, "error": str(error)})  # noqa: TRY400
    return gone


def compact(segment: str) -> None:
    """Write the living blobs of a segment anew; the file goes a day later, when nobody reads it any more."""
    store = blobs.segments()
    batch: list[Record] = []
    size = 0
    for organisation_id, digest, length, codec, key_id, position, stored in perform(
        query(sql.IN_SEGMENT, [segment])
    ):
        batch.append(
            Record(organisation_id, digest, length, codec, key_id, store.read(segment, position, stored))
        )
        size += HEADER.size + stored
        if size >= COMPACT_BYTES:
            _relocate(segment, batch)
            batch, size = [], 0
    _relocate(segment, batch)
    store.retire(segment)


def _relocate(segment: str, batch: list[Record]) -> None:
    if not batch:
        return
    places = blobs.segments().write(batch)

    def plan() -> Plan[None]:
        yield Run(
            sql.RELOCATE,
            [
                [record.organisation_id for record in batch],
                [record.hash for record in batch],
                [place.segment for place in places],
                [place.position for place in places],
                segment,
            ],
        )

    perform(plan())


def sweep(go_on: Callable[[], bool] = lambda: True) -> Swept:
    """Remove contents, blobs and segments that nothing needs, for as long as `go_on` says so."""
    contents = gone = 0
    for partition in range(PARTITIONS):
        if go_on():
            contents += perform(sweep_contents(partition))
    while go_on() and (some := perform(sweep_blobs())):
        gone += some
    return Swept(contents, gone, drop_segments() if go_on() else 0)


def trim(go_on: Callable[[], bool] = lambda: True) -> int:
    """Trim every log that has become long; return how many rows went."""
    gone = 0
    # A little more than is kept, so that a log is not trimmed a row at a time.
    for folder_id, mailbox_id in perform(query(sql.LONG_LOGS, [KEPT_CHANGES + KEPT_CHANGES // 10])):
        if go_on():
            gone += perform(trim_log(FolderRef(mailbox_id, folder_id)))
    return gone


def expire(go_on: Callable[[], bool] = lambda: True) -> int:
    """Remove the messages that their folders keep no longer; return how many."""
    gone = 0
    while go_on() and (due := perform(query(sql.EXPIRED))):
        for folder_id, mailbox_id, uids in due:
            ref = FolderRef(mailbox_id, folder_id)
            if isinstance(perform(messages.expunge(ref, of_uids(uids), only_deleted=False)), Expunged):
                gone += len(uids)
    return gone
