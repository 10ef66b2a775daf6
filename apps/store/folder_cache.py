"""The folders a process has open: their uids, flags and modseqs in memory, kept true by the log.

Every reader of flags on a listener comes through `current`, so that what is laid over the rows one day is laid
over them here. In a mailbox that keeps read marks for each member, `user_id` says through whose eyes to look:
that state is made of the shared one (`read_marks`). A hint only says that there is something to read; a hint
that is lost is repaired by the next one, by `check=True` (SELECT, NOOP, CHECK), or by `run`, which asks where
all watched folders stand every thirty seconds.
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
from .ranges import parse_multirange
from .read_marks import Readers
from .sql import reading as sql
from .sql import seen as marks_sql
from .values import FolderRef

log = logging.getLogger(__name__)

CHECK_SECONDS = 30
LONGEST_REPLAY = 20_000
"""More lines of log than this cost more than the rows."""

WORTH_A_SNAPSHOT = 1_000
"""A folder that loads so many rows or lines of log leaves a snapshot for the next process."""

LOADS = 3
"""How often a folder is read anew whose log is trimmed while it is read."""

MARKS_READ = 20
"""How often read marks are read that are newer than the folder as we know it."""

MOST_FOLDERS = 10_000
"""So many folders nobody watches are kept at most, however small they are."""

type Watcher = Callable[[FolderState | None], None]

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
    # With the user whose read marks each sees, 0 where all share them.
    watchers: dict[Watcher, int] = field(default_factory=dict)
    readers: Readers | None = None
    nbytes: int = 0
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

    async def current(
        self, ref: FolderRef, *, user_id: int = 0, at_least: int = 0, check: bool = False
    ) -> FolderState | None:
        """Return the folder as it is, or None if there is no such folder.

        `user_id` is given where the mailbox keeps read marks for each member. `at_least` is the modseq of a
        change of our own, which must be in it. `check` asks the database even if nothing was heard.
        """
        entry = self._entry(ref)
        if entry.state is None or check or max(entry.heard, at_least) > entry.state.modseq:
            await self._bring_up(entry, max(entry.heard, at_least), check=check, user_id=user_id)
        if not user_id or entry.state is None:
            return entry.state
        while (state := self._seen_by(entry, user_id)) is None and entry.state is not None:
            await self._bring_up(entry, 0, check=False, user_id=user_id)
        return state

    open = current

    def watch(self, ref: FolderRef, callback: Watcher, *, user_id: int = 0) -> Callable[[], None]:
        """Call `callback` with each new state of a folder, with None once it is gone; returns how to stop."""
        entry = self._entry(ref)
        entry.watchers[callback] = user_id

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

    async def _bring_up(self, entry: _Entry, modseq: int, *, check: bool, user_id: int = 0) -> None:
        """Load or catch up, one at a time for each folder, and tell the watchers."""
        before = entry.state
        async with entry.lock:
            old, heard = entry.state, entry.heard
            # Another loader may have done the work while we waited, but only for what was heard, not for a check.
            if old is None or check or modseq > old.modseq:
                await self._advance(entry)
            looking = {user_id, *entry.watchers.values()} - {0}
            if looking or entry.readers is not None:
                try:
                    await self._read_marks(entry, looking)
                except BaseException:
                    # Or else nobody would be told of what is already here.
                    self._set(entry, old)
                    raise
            if entry.heard == heard and (entry.state is None or entry.state.modseq < heard):
                # What was heard before we asked and is not there was rolled back with a backup.
                entry.heard = 0
        self._shrink(keep=entry)
        self._follow(entry)
        if entry.state is not before and before is not None:
            same = entry.state is not None and entry.state.uidvalidity == before.uidvalidity
            for watcher, eyes in tuple(entry.watchers.items()):
                watcher((self._seen_by(entry, eyes) if eyes else entry.state) if same else None)

    async def _advance(self, entry: _Entry) -> None:
        """Load a folder, or catch up with it."""
        state = await self._since(entry.ref, entry.state) if entry.state is not None else None
        if state is None:
            if entry.readers is not None:
                entry.readers.forget()
            state = await self._load(entry.ref)
        self._set(entry, state)

    async def _read_marks(self, entry: _Entry, looking: set[int]) -> None:
        """Read the marks of all who look, as of the folder's state, which is brought up when they are newer."""
        readers = entry.readers = entry.readers or Readers()
        readers.add(looking)
        for _ in range(MARKS_READ):
            if entry.state is None or readers.at == entry.state.modseq:
                return
            rows = await self._rows(marks_sql.MARKS, [*readers.wanted(), entry.ref.folder_id])
            if all(row[1] <= entry.state.modseq for row in rows):
                readers.learn(rows, entry.state.modseq)
                return
            await self._advance(entry)
        raise TimeoutError(f"folder {entry.ref.folder_id} changes faster than it can be read")

    def _seen_by(self, entry: _Entry, user_id: int) -> FolderState | None:
        """Return the folder through a user's eyes, as far as their marks are known."""
        if entry.state is None or entry.readers is None:
            return None
        state = entry.readers.state(user_id, entry.state)
        self._count(entry)
        return state

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
        names = self._names[ref.mailbox_id] = flags.names_of_bits(keywords or ())
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
        self._names[ref.mailbox_id] = known = flags.names_of_bits((rows[0][4] or ()) if rows else ())
        return known

    async def _rows(self, statement: str, params: Any) -> list[tuple[Any, ...]]:
        async with self._database.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), params, binary=True)
            return await cursor.fetchall()

    def _set(self, entry: _Entry, state: FolderState | None) -> None:
        entry.state = state
        if state is None:
            entry.readers = None
        self._count(entry)

    def _count(self, entry: _Entry) -> None:
        nbytes = entry.state.nbytes if entry.state is not None else 0
        if entry.readers is not None:
            nbytes += entry.readers.nbytes
        self.nbytes += nbytes - entry.nbytes
        entry.nbytes = nbytes

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
