"""The folders a process has open: their uids, flags and modseqs in memory, kept true by the log.

Every reader of flags on a listener comes through `current`, so that what is laid over the rows one day is laid
over them here. A hint only says that there is something to read; a hint that is lost is repaired by the next
one, by `check=True` (SELECT, NOOP, CHECK), or by `run`, which asks where all watched folders stand every
thirty seconds.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import redis.exceptions

from apps.events.changes import Change
from apps.events.listen import Listener
from apps.events.transactions import Database
from apps.protocols.imap.folder import FolderState, LogLine

from . import flags, snapshots
from .sql import reading as sql
from .values import FolderRef

log = logging.getLogger(__name__)

CHECK_SECONDS = 30
LONGEST_REPLAY = 20_000
"""More lines of log than this cost more than the rows."""

WORTH_A_SNAPSHOT = 1_000
"""A folder that loads so many rows or lines of log leaves a snapshot for the next process."""

LOADS = 3
"""How often a folder is read anew whose log is trimmed while it is read."""

MOST_FOLDERS = 10_000
"""So many folders nobody watches are kept at most, however small they are."""

type Watcher = Callable[[FolderState | None], None]

_COMMON = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent")

_RAISE = """
local old = tonumber(redis.call('GET', KEYS[1]) or '1')
if tonumber(ARGV[1]) > old and ARGV[2] == '1' then redis.call('SET', KEYS[1], ARGV[1], 'EX', 31536000) end
return old
"""


@dataclass(slots=True)
class _Entry:
    """One folder: what we know, what we heard, and who waits to hear more."""

    ref: FolderRef
    state: FolderState | None = None
    heard: int = 0
    watchers: dict[Watcher, None] = field(default_factory=dict)
    # One loader a folder: whoever comes second waits for the first and finds its work done.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    claiming: asyncio.Future[bool] | None = None
    refreshing: asyncio.Task[None] | None = None
    recent_from: int = 0


class FolderCaches:
    """The open folders of one process, the least recently used let go above `limit_bytes`."""

    def __init__(self, database: Database, listener: Listener, *, limit_bytes: int = 64 * 2**20) -> None:
        self._database = database
        self._listener = listener
        self._limit = limit_bytes
        self.nbytes = 0
        """The memory of all states."""
        self._entries: OrderedDict[FolderRef, _Entry] = OrderedDict()
        self._mailboxes: dict[int, tuple[Callable[[], None], int]] = {}
        self._names: dict[int, tuple[str | None, ...]] = {}

    async def current(self, ref: FolderRef, *, at_least: int = 0, check: bool = False) -> FolderState | None:
        """Return the folder as it is, or None if there is no such folder.

        `at_least` is the modseq of a change of our own, which must be in it. `check` asks the database even
        if nothing was heard.
        """
        entry = self._entry(ref)
        if entry.state is None or check or max(entry.heard, at_least) > entry.state.modseq:
            await self._bring_up(entry, max(entry.heard, at_least), check=check)
        return entry.state

    open = current

    def watch(self, ref: FolderRef, callback: Watcher) -> Callable[[], None]:
        """Call `callback` with each new state of a folder, with None once it is gone; returns how to stop."""
        entry = self._entry(ref)
        entry.watchers[callback] = None

        def stop() -> None:
            entry.watchers.pop(callback, None)

        return stop

    async def claim_recent(self, state: FolderState, *, read_only: bool = False) -> int:
        r"""Return the first uid no session was told of before, and take it and those after it for this session.

        The mark is kept in Valkey. If it is lost, all is recent once more, as RFC 3501 2.3.2 wants it when it
        cannot be known; if Valkey is away, nothing is. EXAMINE looks and takes nothing.
        """
        entry = self._entry(FolderRef(state.mailbox_id, state.folder_id))
        if entry.recent_from >= state.uidnext:
            return entry.recent_from
        # All who idle in a folder hear of an arrival at once; one of them asks, and the others know then.
        while entry.claiming is not None:
            if not await asyncio.shield(entry.claiming):
                return 2**32
            if entry.recent_from >= state.uidnext:
                return entry.recent_from
        entry.claiming = asyncio.get_running_loop().create_future()
        known = False
        try:
            key = f"recent:{state.folder_id}:{state.uidvalidity}"
            mark = int(await self._database.valkey.eval(_RAISE, 1, key, state.uidnext, 0 if read_only else 1))
            known = True
            if not read_only:
                entry.recent_from = max(state.uidnext, mark)
        except redis.exceptions.RedisError as error:
            log.warning("not known what is recent", extra={"error": str(error)})
            return 2**32
        finally:
            entry.claiming.set_result(known)
            entry.claiming = None
        return mark

    async def run(self) -> None:
        """Repair lost hints for ever."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check_all()
            except Exception:
                log.exception("could not check the open folders")

    async def check_all(self) -> None:
        """Ask where all watched folders stand, and catch up with those that moved unheard."""
        watched = {ref.folder_id: entry for ref, entry in self._entries.items() if entry.watchers}
        if not watched:
            return
        standings = {row[0]: row[1:] for row in await self._rows(sql.STANDINGS, [list(watched)])}
        for folder_id, entry in watched.items():
            state, standing = entry.state, standings.get(folder_id)
            if state is not None and standing != (state.uidvalidity, state.modseq):
                await self._bring_up(entry, 0, check=True)

    def forget(self, ref: FolderRef) -> None:
        """Let a folder go, so that the next look loads it anew."""
        if (entry := self._entries.get(ref)) is not None:
            self._set(entry, None)

    # --- hearing -------------------------------------------------------------------------------------------

    def _entry(self, ref: FolderRef) -> _Entry:
        entry = self._entries.get(ref)
        if entry is None:
            entry = self._entries[ref] = _Entry(ref)
            stop, count = self._mailboxes.get(ref.mailbox_id) or (
                self._listener.watch(ref.mailbox_id, self._hear),
                0,
            )
            self._mailboxes[ref.mailbox_id] = (stop, count + 1)
        self._entries.move_to_end(ref)
        return entry

    def _hear(self, change: Change) -> None:
        entry = self._entries.get(FolderRef(change.mailbox_id, change.folder_id))
        if entry is not None:
            entry.heard = max(entry.heard, change.modseq)
            # A folder that was deleted has no modseq any more: only the database can say what became of it.
            self._follow(entry, check=change.modseq == 0)

    def _follow(self, entry: _Entry, *, check: bool = False) -> None:
        """Catch up with what was heard, if anyone wants to know."""
        behind = entry.state is not None and (check or entry.heard > entry.state.modseq)
        if behind and entry.watchers and (check or entry.refreshing is None):
            entry.refreshing = asyncio.get_running_loop().create_task(self._catch_up(entry, check=check))

    async def _catch_up(self, entry: _Entry, *, check: bool) -> None:
        try:
            if check:
                await self._bring_up(entry, 0, check=True)
            while entry.state is not None and entry.heard > entry.state.modseq:
                await self._bring_up(entry, entry.heard, check=False)
        except Exception:
            # The next hint, command or check tries again.
            log.exception("could not catch up", extra={"folder": entry.ref.folder_id})
        finally:
            entry.refreshing = None

    # --- reading -------------------------------------------------------------------------------------------

    async def _bring_up(self, entry: _Entry, modseq: int, *, check: bool) -> None:
        """Load or catch up, one at a time for each folder, and tell the watchers."""
        before = entry.state
        async with entry.lock:
            old, heard = entry.state, entry.heard
            # Another loader may have done the work while we waited, but only for what was heard, not for a check.
            if old is None:
                self._set(entry, await self._load(entry.ref))
            elif check or modseq > old.modseq:
                self._set(entry, await self._since(entry.ref, old) or await self._load(entry.ref))
            if entry.heard == heard and (entry.state is None or entry.state.modseq < heard):
                # What was heard before we asked and is not there was rolled back with a backup.
                entry.heard = 0
        self._shrink(keep=entry)
        self._follow(entry)
        if entry.state is not before and before is not None:
            same = entry.state is not None and entry.state.uidvalidity == before.uidvalidity
            for watcher in tuple(entry.watchers):
                watcher(entry.state if same else None)

    async def _load(self, ref: FolderRef) -> FolderState | None:
        """Load a folder, or return None if there is none of that id."""
        for _ in range(LOADS):
            found, state = await self._load_once(ref)
            if state is not None or not found:
                return state
        raise TimeoutError(f"folder {ref.folder_id} changes faster than it can be read")

    async def _load_once(self, ref: FolderRef) -> tuple[bool, FolderState | None]:
        """Load a folder from its snapshot and what the log says since, or else from its rows.

        Returns whether it is there, and its state unless the log was trimmed under our hands.
        """
        rows = await self._rows(sql.OPEN_FOLDER, [ref.folder_id, ref.mailbox_id])
        if not rows:
            return False, None
        uidvalidity, uidnext, modseq, _, keywords, at, count, codec, key_id, data = rows[0]
        names = self._names[ref.mailbox_id] = _names(keywords or ())
        empty = FolderState(ref.mailbox_id, ref.folder_id, uidvalidity, uidnext=uidnext, names=names)
        state = None
        if data is not None:
            try:
                state = snapshots.decode(empty, at, count, codec, key_id, data)
            except snapshots.SnapshotError as error:
                log.warning("snapshot not usable", extra={"folder": ref.folder_id, "error": str(error)})
            else:
                state = await self._since(ref, state)
        if state is None:
            # What changes while we read is in the log after `modseq`; to replay it twice does no harm.
            messages = await self._rows(sql.ALL_FLAGS, [ref.mailbox_id, ref.folder_id])
            state = snapshots.from_rows(empty, modseq, messages)
            state = await self._since(ref, state)
            at = 0
        worth = state is not None and (at == 0 or state.modseq - at >= WORTH_A_SNAPSHOT)
        if state is not None and worth and state.exists >= WORTH_A_SNAPSHOT:
            await self._database.perform(snapshots.keep(state))
        return True, state

    async def _since(self, ref: FolderRef, old: FolderState) -> FolderState | None:
        """Return the state now, from what the log says since; None when it cannot say, or the folder is gone."""
        rows = await self._rows(
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
        lines = log_lines([row[4:] for row in rows if row[4] is not None])
        names = await self._names_for(ref, old.names, lines)
        state = old.replay(lines)
        if state is old and (modseq, names) == (old.modseq, old.names):
            return old
        return replace(state, modseq=modseq, uidnext=uidnext, names=names)

    async def _names_for(
        self, ref: FolderRef, names: tuple[str | None, ...], lines: Sequence[LogLine]
    ) -> tuple[str | None, ...]:
        """Return the names of the mailbox's bits, read again when a line has a bit that has none."""
        known = self._names.get(ref.mailbox_id, names)
        mask = 0
        for line in lines:
            mask |= line.mask
        if all(known[bit] for bit in range(flags.FIRST_KEYWORD_BIT, 63) if mask >> bit & 1):
            return known
        rows = await self._rows(sql.OPEN_FOLDER, [ref.folder_id, ref.mailbox_id])
        self._names[ref.mailbox_id] = known = _names((rows[0][4] or ()) if rows else ())
        return known

    async def _rows(self, statement: str, params: Any) -> list[tuple[Any, ...]]:
        async with self._database.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), params, binary=True)
            return await cursor.fetchall()

    def _set(self, entry: _Entry, state: FolderState | None) -> None:
        for old, sign in ((entry.state, -1), (state, 1)):
            self.nbytes += sign * (old.nbytes if old is not None else 0)
        entry.state = state

    def _shrink(self, *, keep: _Entry) -> None:
        """Let go of folders nobody watches, the longest unused first, and of one that is not there."""
        if keep.state is None and not keep.watchers and not keep.lock.locked():
            self._drop(keep)
        if self.nbytes <= self._limit and len(self._entries) <= MOST_FOLDERS:
            return
        for entry in list(self._entries.values()):
            if self.nbytes <= self._limit and len(self._entries) <= MOST_FOLDERS:
                return
            if entry is not keep and not entry.watchers and not entry.lock.locked():
                self._drop(entry)

    def _drop(self, entry: _Entry) -> None:
        if self._entries.pop(entry.ref, None) is None:
            return
        self._set(entry, None)
        mailbox_id = entry.ref.mailbox_id
        stop, count = self._mailboxes[mailbox_id]
        if count > 1:
            self._mailboxes[mailbox_id] = (stop, count - 1)
        else:
            stop()
            del self._mailboxes[mailbox_id]
            self._names.pop(mailbox_id, None)


def log_lines(rows: Sequence[Sequence[Any]]) -> list[LogLine]:
    """Read rows (modseq, op, mask, names, uids as text) of the log."""
    return [
        LogLine(modseq, op, mask & 2**64 - 1, parse_multirange(uids), tuple(names or ()))
        for modseq, op, mask, names, uids in rows
    ]


def parse_multirange(text: str) -> list[tuple[int, int]]:
    """Read `{[1,5),[9,10)}` as PostgreSQL writes it into ranges with both ends included."""
    ranges = []
    for part in text[1:-1].replace("[", "").split(")"):
        if part.strip(","):
            low, high = part.strip(",").split(",")
            ranges.append((int(low), int(high) - 1))
    return ranges


def _names(keywords: Sequence[str]) -> tuple[str | None, ...]:
    """Return the name of each bit: those of the system, those that are the same everywhere, the mailbox's."""
    names: list[str | None] = [None] * 63
    names[: len(_COMMON)] = _COMMON
    for name, mask in flags.FIXED.items():
        names[mask.bit_length() - 1] = name
    for keyword in keywords:
        bit, _, name = keyword.partition(":")
        names[int(bit)] = name
    return tuple(names)
