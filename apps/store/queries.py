"""Reading mail: what FETCH, SEARCH, LIST and STATUS ask, from packs where there are any, from rows where not.

Uids come from a `FolderState`; what is asked for a uid that is gone meanwhile is simply not answered. Whoever
asks for many gets slices of up to a thousand, and other connections have their turn between two slices.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.events.transactions import Database, Plan, Query, query
from apps.protocols.imap.folder import Uids, place_of, rows_of

from . import blobs, packs
from .blobs import BlobRef
from .packs import PACK_SIZE, Pack, PackCache, Wire
from .ranges import Ranges, parse_multirange
from .sql import reading as sql
from .sql import seen
from .values import FolderRef

log = logging.getLogger(__name__)

# The last field of an ENVELOPE as it goes over the wire.
_MESSAGE_ID = re.compile(rb'"(<[^"\\\s]{1,400}>)"\)\Z')

PACKS_AT_ONCE = 4
HEAVY_AT_ONCE = 8
BODIES_AT_ONCE = 100
BODY_BYTES_AT_ONCE = 2 * 2**20
SCAN = 4 * PACK_SIZE
"""Whoever asks for more than so many messages reads each pack once: they do not push out what others use."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Texts of some messages, ready for the wire."""

    uids: Uids
    texts: list[bytes]


@dataclass(frozen=True, slots=True)
class Located:
    """Where a message's bytes are: BODY[] is `prefix` and then the blob; `parts` counts in the blob."""

    uid: int
    content_id: int
    blob: BlobRef
    prefix: bytes
    parts: bytes

    @property
    def size(self) -> int:
        """RFC822.SIZE."""
        return len(self.prefix) + self.blob.size


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """A folder with its counters, as LIST and STATUS want it."""

    id: int
    name: str
    special_use: str
    uidvalidity: int
    uidnext: int
    modseq: int
    messages: int
    unseen: int
    size: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """Which uids are gone; `exact` is false when the log does not reach back so far, and names only some."""

    modseq: int
    uids: Ranges
    exact: bool


class Reader:
    """Reads mail on a listener's loop."""

    def __init__(self, database: Database, cache: PackCache | None = None) -> None:
        self._database = database
        self._cache = cache if cache is not None else PackCache()

    async def fetch(self, ref: FolderRef, uids: Uids, what: Wire) -> AsyncIterator[Slice]:
        """Yield the texts of these uids (ascending) in slices."""
        async for pack, rows in self.packs(ref, uids):
            yield Slice(pack.uids[rows], pack.texts(rows, what))

    async def packs(
        self, ref: FolderRef, uids: Uids, *, texts: bool = True
    ) -> AsyncIterator[tuple[Pack, NDArray[np.intp]]]:
        """Yield packs with the rows in them that were asked for; what is not packed is packed on the way."""
        keep = texts and uids.size <= SCAN
        position, high = 0, int(uids[-1]) if uids.size else 0
        while position < uids.size:
            uid = int(uids[position])
            cached = self._cache.holding(ref.folder_id, uid)
            if cached is not None:
                stored, horizon = [cached], int(cached.uids[-1])
            else:
                stored, horizon = await self._stored(ref, uid, high, texts=texts, keep=keep)
            for pack in (*stored, None):
                first = int(pack.uids[0]) if pack is not None else horizon + 1
                bound = place_of(uids, first)
                while position < bound:  # Up to the next pack, nothing is packed.
                    asked = uids[position : min(bound, position + PACK_SIZE)]
                    position += int(asked.size)
                    async for made in self._from_rows(ref, asked):
                        yield made, np.arange(made.uids.size)
                if pack is None:
                    continue
                bound = max(position, place_of(uids, int(pack.uids[-1]) + 1))
                asked, position = uids[position:bound], bound
                rows = rows_of(pack.uids, asked)
                if rows.size:
                    yield pack, rows
                if rows.size < asked.size:
                    async for made in self._from_rows(ref, np.setdiff1d(asked, pack.uids)):
                        yield made, np.arange(made.uids.size)
                if position < uids.size:
                    await asyncio.sleep(0)

    async def _stored(
        self, ref: FolderRef, low: int, high: int, *, texts: bool, keep: bool
    ) -> tuple[list[Pack], int]:
        """Return the next packs of a range of uids, and up to which uid these are all there are."""
        rows = await self.rows(
            sql.PACKS,
            {
                "mailbox": ref.mailbox_id,
                "folder": ref.folder_id,
                "low": low,
                "high": high,
                "texts": texts,
                "limit": PACKS_AT_ONCE if texts else 16 * PACKS_AT_ONCE,
            },
        )
        found = []
        for first_uid, _, codec, key_id, index, data in rows:
            try:
                pack = packs.decode(codec, key_id, index, data)
            except packs.PackError as error:
                log.warning("pack not usable", extra={"folder": ref.folder_id, "error": str(error)})
                continue
            if pack.uids.size:
                found.append(pack)
                if keep:
                    self._cache.keep(ref.folder_id, first_uid, pack)
        full = len(rows) == (PACKS_AT_ONCE if texts else 16 * PACKS_AT_ONCE)
        return found, int(rows[-1][1]) if full else high

    async def _from_rows(self, ref: FolderRef, uids: Uids) -> AsyncIterator[Pack]:
        """Yield packs of these uids, made now; of heavy messages a few at a time."""
        rows = await self._of_uids(sql.WIRES, sql.WIRES_OF, ref, uids)
        if light := [row for row in rows if row[5] is not None]:
            yield packs.make(light)
        heavy = [row[0] for row in rows if row[5] is None]
        for first in range(0, len(heavy), HEAVY_AT_ONCE):
            some = heavy[first : first + HEAVY_AT_ONCE]
            if rows := await self.rows(sql.HEAVY_WIRES_OF, [*_key(ref), some, len(some)]):
                yield packs.make(rows)

    async def located(self, ref: FolderRef, uids: Uids) -> AsyncIterator[list[Located]]:
        """Yield where the bytes of these uids (ascending) are, in slices."""
        for first in range(0, uids.size, PACK_SIZE):
            rows = await self._of_uids(sql.LOCATED, sql.LOCATED_OF, ref, uids[first : first + PACK_SIZE])
            yield [
                Located(uid, content_id, BlobRef(organisation_id, digest, size - len(prefix)), prefix, parts)
                for uid, content_id, organisation_id, digest, size, prefix, parts in rows
            ]

    async def bodies(self, located: Sequence[Located]) -> AsyncIterator[tuple[Located, bytes]]:
        """Yield whole messages, as many at once as are small enough; each is prefix and blob."""
        batch: list[Located] = []
        total = 0
        for each in located:
            if batch and (len(batch) >= BODIES_AT_ONCE or total + each.size > BODY_BYTES_AT_ONCE):
                for pair in await self._bodies(batch):
                    yield pair
                batch, total = [], 0
            batch.append(each)
            total += each.size
        for pair in await self._bodies(batch):
            yield pair

    async def _bodies(self, batch: Sequence[Located]) -> list[tuple[Located, bytes]]:
        if not batch:
            return []
        if len(batch) == 1:
            found = [await self.blob(batch[0].blob)]
        else:
            found = await self.ask(blobs.get_many([each.blob for each in batch]))
        return [(each, each.prefix + await _bytes_of(blob)) for each, blob in zip(batch, found, strict=True)]

    async def body(self, located: Located, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes of the blob, from `start` up to, not including, `end`; the prefix is not counted."""
        return await _bytes_of(await self.blob(located.blob), start, end)

    async def windows(self, blob: blobs.PackedBlob, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield bytes of a large blob piece by piece, so that no reader needs the whole of it in memory."""
        pieces = blobs.windows(blob, start, end)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece

    async def blob(self, ref: BlobRef) -> blobs.PackedBlob:
        """Find a blob."""
        rows = await self.rows(sql.ONE_BLOB, [ref.organisation_id, ref.hash])
        if not rows:
            raise blobs.BlobMissingError(f"no blob {ref.hash.hex()}")
        size, codec, store, stored_size, data, location, position, key_id = rows[0]
        known = BlobRef(ref.organisation_id, ref.hash, size)
        return blobs.PackedBlob(known, codec, store, stored_size, data, location, position, key_id)

    async def folders(self, mailbox_id: int, *, user_id: int = 0) -> list[FolderFacts]:
        """Return the folders of a mailbox with their counters.

        `user_id` is given where the mailbox keeps read marks for each member.
        """
        if user_id:
            return [FolderFacts(*row) for row in await self.rows(seen.FOLDERS, [user_id, mailbox_id])]
        return [FolderFacts(*row) for row in await self.rows(sql.FOLDERS, [mailbox_id])]

    async def vanished(self, ref: FolderRef, since: int) -> Vanished | None:
        """Return which uids are gone since a modseq (RFC 7162 3.2.5.1); None if there is no such folder."""
        rows = await self.rows(sql.VANISHED, [since, ref.folder_id, ref.mailbox_id])
        if not rows:
            return None
        modseq, floor, gone = rows[0]
        return Vanished(modseq, parse_multirange(gone or "{}"), exact=since >= floor)

    async def _of_uids(
        self, statement: str, statement_of: str, ref: FolderRef, uids: Uids
    ) -> list[tuple[Any, ...]]:
        """Ask for these uids: by their range if they lie close together, else one by one."""
        if not uids.size:
            return []
        low, high, count = int(uids[0]), int(uids[-1]), int(uids.size)
        if high - low + 1 == count:
            return await self.rows(statement, [*_key(ref), low, high, count])
        if high - low < 4 * count:
            rows = await self.rows(statement, [*_key(ref), low, high, high - low + 1])
            wanted = set(uids.tolist())
            return [row for row in rows if row[0] in wanted]
        return await self.rows(statement_of, [*_key(ref), uids.tolist(), count])

    async def rows(self, statement: str, params: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one statement, each its own transaction."""
        async with self._database.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), params, binary=True)
            return await cursor.fetchall()

    async def ask[T](self, plan: Plan[T]) -> T:
        """Run a plan that only reads, without the round trips of a transaction around it."""
        rows: list[tuple[Any, ...]] | None = None
        while True:
            try:
                step = plan.send(rows)
            except StopIteration as stop:
                return cast("T", stop.value)
            if not isinstance(step, Query):
                raise TypeError("this plan does more than read")
            rows = await self.rows(step.sql, step.params)


def _key(ref: FolderRef) -> tuple[int, int]:
    return ref.mailbox_id, ref.folder_id


@dataclass(frozen=True, slots=True)
class Origins:
    """What leads from a message in a mailbox to its story: the trace it came by, else its Message-ID."""

    trace_id: UUID | None
    message_id: str


def origins_of(mailbox_id: int, content_id: int) -> Plan[Origins | None]:
    """Return where the story of a message is found; None if the mailbox has no such message."""
    rows = yield from query(sql.ORIGINS, [mailbox_id, content_id])
    if not rows:
        return None
    found = _MESSAGE_ID.search(bytes(rows[0][1]))
    return Origins(rows[0][0], found[1].decode("utf-8", "replace") if found else "")


async def _bytes_of(blob: blobs.PackedBlob, start: int = 0, end: int | None = None) -> bytes:
    if blob.store == blobs.INLINE:
        return blobs.read(blob, start, end)
    return await asyncio.to_thread(blobs.read, blob, start, end)
