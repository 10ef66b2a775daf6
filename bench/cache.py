"""How fast a folder of many messages is opened, listed and searched: `python -m bench.cache [COUNT]`.

Starts a PostgreSQL and a Valkey of its own in a temporary directory, fills one folder by SQL, and prints CPU
milliseconds of this process and of PostgreSQL, best of five rounds. No sockets or TLS: those are IMAP's.
"""

import asyncio
import random
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable

from bench.stage import cpu_seconds, stage

ROUNDS = 5


def main() -> None:
    """Run everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with stage() as where:
        Bench(count, where.postgres).run()


class Bench:
    """One folder, and what is asked of it."""

    def __init__(self, count: int, postgres: int) -> None:
        self.count = count
        self.postgres = postgres

    def server_cpu(self) -> float:
        """Return the CPU seconds of PostgreSQL so far, those of backends that ended included."""
        return cpu_seconds(self.postgres)

    async def measure(self, name: str, work: Callable[[], Awaitable[object]], repeat: int = 1) -> None:
        """Print what one piece of work costs."""
        best, server = 1e9, 0.0
        before = self.server_cpu()
        for _ in range(ROUNDS):
            start = time.process_time()
            for _ in range(repeat):
                await work()
            best = min(best, (time.process_time() - start) / repeat)
        server = (self.server_cpu() - before) / ROUNDS / repeat
        print(f"{name:62} {best * 1000:9.3f} ms  + PostgreSQL {server * 1000:8.2f} ms", flush=True)

    def fill(self) -> None:
        """Make a mailbox with one folder of `count` messages of eight shapes."""
        from apps.domains.models import Domain
        from apps.events.transactions import perform
        from apps.mailboxes.models import Mailbox
        from apps.organisations.models import Organisation
        from apps.store.values import FolderRef
        from bench import filler

        organisation = Organisation.objects.create(name="bench")
        domain = Domain.objects.create(organisation=organisation, name="bench.test")
        mailbox = Mailbox.objects.create(domain=domain, local_part="alice")
        folder_id = perform(filler.fill(mailbox.pk, organisation.pk, self.count))
        self.ref = FolderRef(mailbox.pk, folder_id)
        perform(filler.settle())

    def run(self) -> None:
        """Fill, then measure."""
        start = time.monotonic()
        self.fill()
        print(f"{self.count} messages filled in {time.monotonic() - start:.1f} s")
        import uvloop

        uvloop.run(self.measure_all())

    async def measure_all(self) -> None:
        """Measure the reading side."""
        import numpy as np
        import redis.asyncio
        from django.conf import settings

        from apps.events.database import make_pool
        from apps.events.listen import Listener
        from apps.events.transactions import Database
        from apps.protocols.imap import responses
        from apps.protocols.imap.responses import FlagTable
        from apps.protocols.imap.sequence import SequenceSet
        from apps.protocols.imap.view import View
        from apps.store import packing
        from apps.store.folder_cache import FolderCaches
        from apps.store.packs import PackCache, Wire
        from apps.store.queries import Reader

        pool = make_pool(4)
        await pool.open()
        database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
        caches = FolderCaches(database, Listener(settings.REDIS_URL))
        ref = self.ref

        async def cold() -> None:
            caches.forget(ref)
            state = await caches.current(ref)
            assert state is not None
            assert state.exists == self.count

        async def cold_rows() -> None:
            await asyncio.to_thread(packing.drop, ref)
            await cold()

        await self.measure("open, cold, from rows (leaves a snapshot)", cold_rows)
        await self.measure("open, cold, from a snapshot", cold)
        await self.measure("open, warm, asking the database", lambda: caches.current(ref, check=True), 100)
        await self.measure("open, warm, trusting hints", lambda: caches.current(ref), 100)

        state = await caches.current(ref)
        assert state is not None
        table, view = FlagTable(state.names), View(state)

        async def fetch_flags() -> None:
            chosen = view.select([(1, 2**32 - 1)], by_uid=True)
            assert chosen is not None
            total = 0
            for first in range(0, chosen.uids.size, 1000):
                part = slice(first, first + 1000)
                flags = view.state.flags[chosen.rows[part]]
                total += len(
                    responses.flags_lines(chosen.numbers[part], flags, table, uids=chosen.uids[part])
                )
                await asyncio.sleep(0)
            assert total

        await self.measure("UID FETCH 1:* (FLAGS), formatted", fetch_flags)

        reader = Reader(database, PackCache())

        async def fetch_all() -> None:
            total = position = 0
            async for part in reader.fetch(ref, state.uids, Wire.ALL):
                rows = slice(position, position + part.uids.size)
                position += part.uids.size
                heads = responses.heads(table, uids=part.uids, flags=state.flags[rows])
                numbers = range(rows.start + 1, rows.stop + 1)
                total += len(responses.wire_lines(numbers, part.texts, heads=heads))
            assert position == self.count, position

        await self.measure("FETCH full, formatted, no packs", fetch_all)
        start = time.process_time()
        await asyncio.to_thread(packing.rebuild, ref)
        print(f"packs and snapshot built in {time.process_time() - start:.2f} s CPU of this process")
        sizes = await reader.rows(
            "SELECT count(*), sum(length(idx)), sum(length(data)) FROM store_pack WHERE folder_id = %s",
            [ref.folder_id],
        )
        print("packs, bytes of index, bytes of texts:", *sizes[0])
        await self.measure("FETCH full, formatted, packs from PostgreSQL", fetch_all)

        rng = random.Random(1)

        async def one(what: Wire) -> None:
            uid = rng.randrange(self.count - 2000, self.count)
            async for part in reader.fetch(ref, np.array([uid], np.uint32), what):
                assert len(part.texts) == 1

        await one(Wire.ENVELOPE)
        await self.measure("FETCH ENVELOPE of one message, pack at hand", lambda: one(Wire.ENVELOPE), 200)

        async def one_body() -> None:
            uid = rng.randrange(1, self.count)
            async for part in reader.located(ref, np.array([uid], np.uint32)):
                await reader.body(part[0])

        await self.measure("BODY[] of one message", one_body, 100)
        from apps.protocols.imap import search as tree
        from apps.store.search import search

        async def bodies(count: int) -> None:
            async for part in reader.located(ref, state.uids[:count]):
                async for _ in reader.bodies(part):
                    pass

        await self.measure("BODY[] of 10,000 messages", lambda: bodies(10_000))

        def searching(key: tree.Key) -> Callable[[], Awaitable[object]]:
            return lambda: search(reader, view, key)

        unseen = tree.Not(tree.HasFlag("\\Seen"))
        await self.measure("SEARCH UNSEEN", searching(unseen))
        await self.measure("SEARCH LARGER 3000", searching(tree.Larger(3000)))
        await self.measure("SEARCH SUBJECT planning", searching(tree.Header("subject", "planning")))
        await self.measure("SEARCH FROM nobody", searching(tree.Header("from", "nobody@example")))
        first = tree.Uids(SequenceSet(((1, 5000),)))
        await self.measure("SEARCH BODY fox, 5,000 messages", searching(tree.And((first, tree.Body("fox")))))
        await self.measure("LIST with STATUS", lambda: reader.folders(ref.mailbox_id), 100)

        tracemalloc.start()
        views = [View(state) for _ in range(2000)]
        each = tracemalloc.get_traced_memory()[0] / len(views)
        print(f"memory of a view: {each:.0f} bytes; of the folder they share: {caches.nbytes}")
        await pool.close()
        await database.valkey.aclose()


if __name__ == "__main__":
    main()
