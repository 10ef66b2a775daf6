"""Building what makes reading fast: packs and snapshots. All of it can be dropped and is built again.

`build_due` walks over the folders, some at each call, and builds what is missing or out of date.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.events.transactions import Plan, Run, perform, query
from apps.protocols.imap.folder import FolderState

from . import packs, snapshots
from .folder_cache import log_lines
from .packs import PACK_SIZE
from .sql import reading as sql
from .values import FolderRef

log = logging.getLogger(__name__)

WORTH_PACKING = 200
"""So many messages without a pack are worth one; a last pack that is not full is then made again."""

WORTH_A_SNAPSHOT = 1000
"""So many messages are worth a snapshot, and so many changes a new one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a folder has, and what was built of it."""

    ref: FolderRef
    messages: int
    uidnext: int
    modseq: int
    log_floor: int
    snapshot: int
    """The modseq of its snapshot, 0 for none."""
    packed: int
    """The last uid that is packed."""
    packs: int

    @property
    def wants_packs(self) -> bool:
        """Whether enough came since the last pack."""
        return self.messages > 0 and self.uidnext - 1 - self.packed >= WORTH_PACKING

    @property
    def wants_repacking(self) -> bool:
        """Whether more than half of what is packed is gone."""
        return self.packs > 1 and (self.packs - 1) * PACK_SIZE > 2 * self.messages

    @property
    def wants_snapshot(self) -> bool:
        """Whether a cold reader would have much to replay, or all rows to read."""
        stale = self.modseq - self.snapshot >= WORTH_A_SNAPSHOT or self.snapshot < self.log_floor
        return self.messages >= WORTH_A_SNAPSHOT and (self.snapshot == 0 or stale)


class Builder:
    """Walks over all folders, a stretch at a time; where it stands is forgotten with the process."""

    def __init__(self) -> None:
        self._after = 0

    def build_due(self, limit: int = 500) -> int:
        """Look at the next `limit` folders and build what they want; returns for how many that was anything."""
        rows = perform(query(sql.FOLDERS_TO_BUILD, [self._after, limit]))
        self._after = rows[-1][1] if len(rows) == limit else 0
        return sum(build(standing) for standing in map(_standing, rows))


_builder = Builder()


def build_due(limit: int = 500) -> int:
    """Build packs and snapshots of the next folders that want them; called again and again by housekeeping."""
    return _builder.build_due(limit)


def build(standing: Standing) -> bool:
    """Build what one folder wants; returns whether anything was built.

    A folder may want and get nothing: when all that came since its last pack is gone again.
    """
    built = False
    if standing.wants_repacking:
        drop(standing.ref)
    if standing.wants_repacking or standing.wants_packs:
        built = _build_packs(standing.ref) > 0
    if standing.wants_snapshot:
        built = perform(_build_snapshot(standing.ref)) or built
    return built


def _build_packs(ref: FolderRef) -> int:
    """Build packs up to the last message; return how many messages are in those that were built."""
    total = 0
    while count := perform(_build_next(ref)):
        total += count
        if count < PACK_SIZE:
            break
    return total


def build_all(ref: FolderRef) -> None:
    """Build packs up to the last message, and a snapshot, however small the folder is."""
    _build_packs(ref)
    perform(_build_snapshot(ref))


def rebuild(ref: FolderRef) -> None:
    """Drop all that is derived of a folder and build it again."""
    drop(ref)
    build_all(ref)


def drop(ref: FolderRef) -> None:
    """Drop the packs and the snapshot of a folder; its rows answer until they are built again."""
    perform(_drop(ref))


def standing(ref: FolderRef) -> Plan[Standing]:
    """Return what one folder has and wants."""
    rows = yield from query(sql.FOLDERS_TO_BUILD, [ref.folder_id - 1, 1])
    return _standing(rows[0])


def _standing(row: Sequence[Any]) -> Standing:
    return Standing(FolderRef(row[0], row[1]), *row[2:])


def _drop(ref: FolderRef) -> Plan[None]:
    yield Run(sql.DROP_PACKS, [ref.mailbox_id, ref.folder_id])
    yield Run(sql.DROP_SNAPSHOT, [ref.folder_id])


def _build_next(ref: FolderRef) -> Plan[int]:
    """Build the next pack of a folder, or the last one again if it is not full; returns how many are in it."""
    if not (yield from query(sql.ONE_BUILDER, [ref.folder_id]))[0][0]:
        return 0
    after, again = 0, 0
    for first, last, codec, key_id, index in (
        yield from query(sql.LAST_PACK, [ref.mailbox_id, ref.folder_id])
    ):
        after = last
        if _count(codec, key_id, index) < PACK_SIZE:
            after, again = first - 1, last
    rows = yield from query(sql.WIRES_TO_PACK, [ref.mailbox_id, ref.folder_id, after + 1, 2**32, PACK_SIZE])
    if not rows or rows[-1][0] <= again:
        return 0
    pack = packs.make(rows)
    index, data = packs.encode(pack)
    first, last = int(pack.uids[0]), int(pack.uids[-1])
    if again:
        yield Run(sql.DROP_PACK, [ref.mailbox_id, ref.folder_id, after + 1])
    yield Run(sql.KEEP_PACK, [first, last, index, data, ref.mailbox_id, ref.folder_id])
    return len(rows)


def _count(codec: int, key_id: int, index: bytes) -> int:
    try:
        return int(packs.decode(codec, key_id, index, None).uids.size)
    except packs.PackError:
        return 0  # It is made again.


def _build_snapshot(ref: FolderRef) -> Plan[bool]:
    """Build a folder's snapshot; returns whether it could be built."""
    rows = yield from query(sql.OPEN_FOLDER, [ref.folder_id, ref.mailbox_id])
    if not rows:
        return False
    uidvalidity, uidnext, modseq = rows[0][:3]
    messages = yield from query(sql.ALL_FLAGS, [ref.mailbox_id, ref.folder_id])
    empty = FolderState(ref.mailbox_id, ref.folder_id, uidvalidity, uidnext=uidnext)
    state = snapshots.from_rows(empty, modseq, messages)
    # The second statement sees what was committed after the first; the log makes both agree.
    rows = yield from query(
        sql.SINCE,
        {"mailbox": ref.mailbox_id, "folder": ref.folder_id, "since": modseq, "limit": 2**62},
    )
    if rows and rows[0][0] == uidvalidity and rows[0][3] <= modseq:
        state = state.replay(log_lines([row[4:] for row in rows if row[4] is not None]))
        yield from snapshots.keep(state)
        return True
    return False
