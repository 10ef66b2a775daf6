"""Folders as a process without a loop of its own knows them: arrays in memory, brought up from the log when asked.

It is what `folder_cache` is to listeners, without hints and watchers: whoever asks pays one small statement, and
gets the folder as it is at that moment.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from apps.events.transactions import Plan, query
from apps.protocols.imap.folder import FolderState, LogLine, ReadMarks, with_private_seen

from . import flags, snapshots
from .folder_cache import LONGEST_REPLAY, WORTH_A_SNAPSHOT, log_lines
from .ranges import parse_multirange
from .sql import lists, seen
from .sql import reading as sql
from .values import FolderRef

LIMIT_BYTES = 64 * 2**20


class FolderStates:
    """The folders of one process, the least recently used let go above `limit_bytes`; threads may share it."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._states: OrderedDict[FolderRef, FolderState] = OrderedDict()
        self._nbytes = 0
        self._lock = threading.Lock()

    def current(self, ref: FolderRef, *, user_id: int = 0) -> Plan[FolderState | None]:
        """Return the folder as it is, or None if there is no such folder.

        `user_id` is given where the mailbox keeps read marks for each member.
        """
        with self._lock:
            old = self._states.get(ref)
        state = (yield from _since(ref, old)) if old is not None else None
        if state is None:
            state = yield from _load(ref)
        self._keep(ref, state)
        if state is None or not user_id:
            return state
        rows = yield from query(seen.MARKS, [[user_id], [0], ref.folder_id])
        marks = ReadMarks()
        for _, modseq, uids, changed_at, changed in rows:
            changes = [(when, parse_multirange(what)) for when, what in zip(changed_at, changed, strict=True)]
            marks = ReadMarks(modseq, parse_multirange(uids), changes)
        return with_private_seen(state, marks)

    def _keep(self, ref: FolderRef, state: FolderState | None) -> None:
        with self._lock:
            if (old := self._states.pop(ref, None)) is not None:
                self._nbytes -= old.nbytes
            if state is None:
                return
            self._states[ref] = state
            self._nbytes += state.nbytes
            while self._nbytes > self._limit and len(self._states) > 1:
                self._nbytes -= self._states.popitem(last=False)[1].nbytes


STATES = FolderStates()
"""Those of this process."""


def _since(ref: FolderRef, old: FolderState) -> Plan[FolderState | None]:
    """Return the state now, from what the log says since; None when it cannot say, or the folder is gone."""
    rows = yield from query(
        sql.SINCE,
        {
            "mailbox": ref.mailbox_id,
            "folder": ref.folder_id,
            "since": old.modseq,
            "limit": LONGEST_REPLAY + 1,
        },
    )
    if not rows or len(rows) > LONGEST_REPLAY:
        return None
    uidvalidity, uidnext, modseq, floor = rows[0][:4]
    if uidvalidity != old.uidvalidity or floor > old.modseq or modseq < old.modseq:
        return None
    if modseq == old.modseq:
        return old
    lines = log_lines([row[4:] for row in rows if row[4] is not None])
    names = yield from _names(ref.mailbox_id, old.names, lines)
    return replace(old.replay(lines), modseq=modseq, uidnext=uidnext, names=names)


def _names(
    mailbox_id: int, known: tuple[str | None, ...], lines: Sequence[LogLine]
) -> Plan[tuple[str | None, ...]]:
    """Return the names of the mailbox's bits, read again when a line has a bit without one."""
    mask = 0
    for line in lines:
        mask |= line.mask
    if all(known[bit] for bit in range(flags.FIRST_KEYWORD_BIT, 63) if mask >> bit & 1):
        return known
    rows = yield from query(lists.KEYWORDS, [mailbox_id])
    return flags.names_of_bits([f"{bit}:{name}" for bit, name in rows])


def _load(ref: FolderRef) -> Plan[FolderState | None]:
    """Load a folder from its snapshot and what the log says since, or else from its rows."""
    rows = yield from query(sql.OPEN_FOLDER, [ref.folder_id, ref.mailbox_id])
    if not rows:
        return None
    uidvalidity, uidnext, modseq, _, keywords, at, count, codec, key_id, data = rows[0]
    names = flags.names_of_bits(keywords or ())
    empty = FolderState(ref.mailbox_id, ref.folder_id, uidvalidity, uidnext=uidnext, names=names)
    if data is not None:
        try:
            state = yield from _since(ref, snapshots.decode(empty, at, count, codec, key_id, data))
        except snapshots.SnapshotError:
            state = None  # The rows can be read; whoever builds snapshots makes it anew.
        if state is not None:
            return state
    messages = yield from query(sql.ALL_FLAGS, [ref.mailbox_id, ref.folder_id])
    # What changes while we read is in the log after `modseq`; to replay it twice does no harm.
    state = yield from _since(ref, snapshots.from_rows(empty, modseq, messages))
    if state is not None and state.exists >= WORTH_A_SNAPSHOT:
        yield from snapshots.keep(state)
    return state
