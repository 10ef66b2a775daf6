"""A listener's desk for tests: pool, caches and reader on a loop, and a mailbox to which anything may happen."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis.asyncio
from django.conf import settings
from django.db import connection

from apps.events.database import make_pool
from apps.events.listen import Listener
from apps.events.transactions import Database
from apps.protocols.imap.folder import FolderState
from apps.store.flags import NONE, Flags
from apps.store.folder_cache import FolderCaches
from apps.store.packs import PackCache
from apps.store.queries import Reader
from apps.store.ranges import of_uids
from apps.store.services import messages
from apps.store.values import FolderRef
from tests.store.mail import Box, a_message

type Rows = dict[int, tuple[int, int, tuple[str, ...]]]


@dataclass(slots=True)
class Desk:
    """What one listener process has."""

    database: Database
    listener: Listener
    caches: FolderCaches
    reader: Reader

    async def truth(self, ref: FolderRef) -> Rows:
        """Return flags, modseq and keywords without a bit of each uid, as the rows have them."""
        rows = await self.reader.rows(
            "SELECT uid, flags, modseq, more_kw FROM store_message WHERE mailbox_id = %s AND folder_id = %s",
            [ref.mailbox_id, ref.folder_id],
        )
        return {uid: (flags, modseq, tuple(more or ())) for uid, flags, modseq, more in rows}

    async def append(self, box: Box, count: int = 1, folder: str = "INBOX") -> None:
        """Let mail arrive."""
        for first in range(0, count, messages.BATCH):
            items = [a_message(box, folder) for _ in range(min(messages.BATCH, count - first))]
            await self.database.perform(messages.append(items, enforce_quota=False))


@asynccontextmanager
async def a_desk(*, limit_bytes: int = 64 * 2**20) -> AsyncIterator[Desk]:
    """Open a desk; nobody listens for hints unless the test runs the listener."""
    pool = make_pool(3)
    await pool.open()
    database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
    listener = Listener(settings.REDIS_URL)
    caches = FolderCaches(database, listener, limit_bytes=limit_bytes)
    try:
        yield Desk(database, listener, caches, Reader(database, PackCache()))
    finally:
        await pool.close()
        await database.valkey.aclose()


async def in_thread[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what needs Django's connection in a thread, which gives it back."""

    def done() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(done)


def picture(state: FolderState) -> Rows:
    """Return a state as `Desk.truth` returns rows."""
    columns = (state.uids.tolist(), state.flags.tolist(), state.modseqs.tolist())
    return {
        uid: (flags, modseq, state.more.get(uid, ())) for uid, flags, modseq in zip(*columns, strict=True)
    }


def some_flags(rng: random.Random) -> Flags:
    """Choose flags, among them keywords; sixty of those are more than there are bits."""
    names = ["\\Seen", "\\Flagged", "\\Deleted", "$Junk", f"word{rng.randrange(60)}"]
    return Flags.named(*rng.sample(names, rng.randrange(3)))


async def anything(desk: Desk, rng: random.Random, box: Box) -> None:
    """Do one thing that a client, a courier or a filter might do to the mailbox."""
    source, target = rng.sample(["INBOX", "Archive"], 2)
    ref = box[source]
    uids = sorted(await desk.truth(ref))
    some = of_uids(rng.sample(uids, min(len(uids), rng.randrange(1, 5))))
    match rng.randrange(8):
        case 0 | 1 | 2:
            items = [a_message(box, source, flags=some_flags(rng)) for _ in range(rng.randrange(1, 4))]
            await desk.database.perform(messages.append(items, enforce_quota=False))
        case 3:
            await desk.database.perform(messages.set_flags(ref, some, add=some_flags(rng)))
        case 4:
            await desk.database.perform(messages.set_flags(ref, some, remove=some_flags(rng)))
        case 5:
            await desk.database.perform(messages.set_flags(ref, some, replace=some_flags(rng) or NONE))
        case 6:
            await desk.database.perform(messages.expunge(ref, some, only_deleted=False))
        case _:
            plan = rng.choice([messages.copy, messages.move])
            await desk.database.perform(plan(ref, box[target], some))
