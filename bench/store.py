"""What writing costs: append, flags, copy, move and expunge: `python -m bench.store [COUNT]`.

Starts a PostgreSQL (fsync on) and a Valkey of its own in a temporary directory. Each line is the best of its
rounds, by the CPU of this process (`client`) and of its PostgreSQL backend (`server`); wall time beside it,
and what was written to the write-ahead log. `--explain` prints the plans of the statements.
"""

import argparse
import asyncio
import functools
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.stage import stage

BATCH = 200


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000, help="messages in the large folder")
    parser.add_argument("--explain", action="store_true", help="print the plans of the large statements")
    options = parser.parse_args()
    with stage():
        asyncio.run(Bench(options.count, explain=options.explain).run())


def cpu_ms(pid: int) -> float:
    """Return the CPU a process has used so far, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


class Bench:
    """A mailbox with a large folder and small ones."""

    def __init__(self, count: int, *, explain: bool) -> None:
        self.count = count
        self.explain = explain
        self.random = random.Random(1)

    async def run(self) -> None:
        """Measure one thing after the other."""
        import redis.asyncio
        from django.conf import settings

        from apps.events.database import make_pool
        from apps.events.transactions import Database

        pool = make_pool(1)
        await pool.open()
        self.database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
        await self.make()
        print(f"{'':44} {'wall ms':>9} {'client ms':>9} {'server ms':>9} {'WAL KB':>9}")
        await self.append()
        await self.fill()
        await self.change()
        await self.transfer()
        await pool.close()
        await self.database.valkey.aclose()

    async def sql(self, statement: str, params: list[Any] | dict[str, Any] | None = None) -> list[Any]:
        """Ask in a transaction of its own."""
        from apps.events.transactions import query

        return await self.database.perform(query(statement, params))

    async def make(self) -> None:
        """Make a mailbox."""
        from apps.store.services import folders

        [(organisation,)] = await self.sql(
            "INSERT INTO organisations_organisation (name, is_active, created_at) VALUES ('b', true, now()) RETURNING id"
        )
        [(domain,)] = await self.sql(
            "INSERT INTO domains_domain (organisation_id, name, is_active, sts_mode, created_at)"
            " VALUES (%s, 'b.test', true, 'none', now()) RETURNING id",
            [organisation],
        )
        [(self.mailbox,)] = await self.sql(
            "INSERT INTO mailboxes_mailbox (domain_id, local_part, quota_bytes, private_seen, is_active, created_at)"
            " VALUES (%s, 'b', 0, false, true, now()) RETURNING id",
            [domain],
        )
        self.organisation = organisation
        await self.database.perform(folders.ensure_defaults(self.mailbox))
        self.folders = dict(
            await self.sql("SELECT name, id FROM store_folder WHERE mailbox_id = %s", [self.mailbox])
        )
        [(self.backend,)] = await self.sql("SELECT pg_backend_pid()")

    def ref(self, name: str) -> Any:
        """Name a folder."""
        from apps.store.values import FolderRef

        return FolderRef(self.mailbox, self.folders[name])

    async def measure(
        self, label: str, plan: Callable[[], Any], *, rounds: int = 5, per: int = 1, unit: str = ""
    ) -> None:
        """Perform a plan some times, and print what one of them cost at best."""
        best = []
        for _ in range(rounds):
            made = plan()
            [(before,)] = await self.sql("SELECT pg_current_wal_insert_lsn()::text")
            server, client, wall = cpu_ms(self.backend), time.process_time(), time.perf_counter()
            await self.database.perform(made)
            wall, client = time.perf_counter() - wall, time.process_time() - client
            server = cpu_ms(self.backend) - server
            [(wal,)] = await self.sql("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", [before])
            best.append((wall * 1e3 / per, client * 1e3 / per, server / per, float(wal) / 1024 / per))
        figures = [min(column) for column in zip(*best, strict=True)]
        print(f"{label + unit:44} " + " ".join(f"{figure:9.3f}" for figure in figures))

    def body(self, size: int) -> bytes:
        """Return text of a size that packs to about half."""
        words = [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
        ]
        text = " ".join(
            self.random.choice(words) + str(self.random.randint(0, 999)) for _ in range(size // 8)
        )
        return text.encode()[:size]

    def item(self, folder: str, size: int = 2048, *, packed: bool = True) -> Any:
        """Return a new message with facts of an ordinary length."""
        from apps.store import blobs
        from apps.store.values import MessageFacts, NewMessage

        number = self.random.randint(1, 10**9)
        body: Any = self.body(size)
        if packed:
            [body] = blobs.prepare([(self.organisation, body)])
        facts = MessageFacts(
            envelope=b'("Tue, 24 Nov 2026 04:30:00 +0000" "A subject of forty characters, or so %d" '
            b'(("Alice" NIL "alice" "example.test")) NIL NIL (("Bob" NIL "bob" "example.test")) NIL NIL NIL '
            b'"<%d@example.test>")' % (number, number),
            structure=b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 1800 40 NIL NIL NIL NIL)',
            parts=b"\1\0\0\x80\x03\x80\x0c",
            subject=f"A subject of forty characters, or so {number}",
            from_addr="alice@example.test",
            to_addr="bob@example.test",
            sent_at=1_700_000_000,
            message_id=f"<{number}@example.test>",
            references=(f"<{number % 1000}@example.test>",) if number % 2 else (),
            preview="The first two hundred characters of the text of a message, as lists show them. " * 2,
        )
        return NewMessage(
            self.organisation, self.mailbox, self.folders[folder], body, facts, internaldate=1_700_000_000,
            prefix=b"Return-Path: <alice@example.test>\r\nReceived: from a.example.test by b.example.test\r\n",
        )  # fmt: skip

    def place(self, size: int, choose: Callable[[], str]) -> Any:
        """Return the plan that appends `size` new messages to folders of somebody's choice."""
        from apps.store.services import messages

        return messages.append([self.item(choose()) for _ in range(size)], enforce_quota=False)

    async def append(self) -> None:
        """Place new messages, many and one at a time."""
        from apps.store.services import messages

        names = list(self.folders)
        for size in (1, 32, BATCH):
            for label, choose in (
                ("one folder", lambda: "INBOX"),
                ("six folders", lambda: self.random.choice(names)),
            ):
                if size == 1 and label != "one folder":
                    continue
                await self.measure(
                    f"append {size} x 2 KB, {label}",
                    functools.partial(self.place, size, choose),
                    rounds=15,
                    per=size,
                    unit=", each",
                )
        await self.measure(
            f"append {BATCH} x 2 KB with packing",
            lambda: messages.append(
                [self.item("INBOX", packed=False) for _ in range(BATCH)], enforce_quota=False
            ),
            per=BATCH,
            unit=", each",
        )

    async def fill(self) -> None:
        """Fill a folder by SQL, as delivery to several folders at once would have left it."""
        from apps.events.transactions import Run

        def plan() -> Any:
            yield Run("DELETE FROM store_message WHERE mailbox_id = %s", [self.mailbox])
            yield Run("DELETE FROM store_folderlog WHERE mailbox_id = %s", [self.mailbox])
            yield Run(
                "INSERT INTO store_message (mailbox_id, folder_id, uid, modseq, flags, content_id, internaldate, size, saved_at)"
                " SELECT %s, f, n, 2, 0, n, 1700000000, 2000, 1700000000"
                " FROM generate_series(1, %s) n, unnest(%s::bigint[]) f ORDER BY n, f",
                [self.mailbox, self.count, [self.folders["Archive"], self.folders["Trash"]]],
            )
            yield Run(
                "UPDATE store_folder SET n_messages = %s, n_unseen = %s, n_bytes = %s, uidnext = %s, modseq = 2"
                " WHERE id = ANY(%s)",
                [self.count, self.count, self.count * 2000, self.count + 1,
                 [self.folders["Archive"], self.folders["Trash"]]],
            )  # fmt: skip
            yield Run(
                "UPDATE store_folder SET n_messages = 0, n_unseen = 0, n_bytes = 0 WHERE name NOT IN ('Archive', 'Trash')"
            )
            yield Run("UPDATE mailboxes_usage SET bytes = 10^12, messages = 10^9")

        await self.database.perform(plan())
        async with self.database.pool.connection() as connection:
            await connection.execute("VACUUM ANALYZE store_message")

    async def change(self) -> None:
        """Set flags."""
        from apps.store.flags import Flags
        from apps.store.services import messages

        archive, everything = self.ref("Archive"), [(1, self.count)]
        names = ["\\Flagged", "\\Answered", "\\Draft", "todo", "later"]
        uid = iter(range(1, self.count))
        await self.measure(
            "store +flags, one message",
            lambda: messages.set_flags(archive, [(u := next(uid), u)], add=Flags.named("\\Seen")),
            rounds=30,
        )
        sparse = iter(names)
        await self.measure(
            "store +flags, every 20th",
            lambda: messages.set_flags(
                archive, [(u, u) for u in range(1, self.count, 20)], add=Flags.named(next(sparse))
            ),
            rounds=3,
        )
        many = iter(names)
        await self.measure(
            f"store +flags, 1:{self.count}",
            lambda: messages.set_flags(archive, everything, add=Flags.named(next(many))),
            rounds=4,
        )
        await self.measure(
            f"store +\\Seen, 1:{self.count}",
            lambda: messages.set_flags(archive, everything, add=Flags.named("\\Seen")),
            rounds=1,
        )
        both = iter([Flags.named(), Flags.named("\\Seen", "\\Flagged", "todo")])
        await self.measure(
            f"store flags (replace), 1:{self.count}",
            lambda: messages.set_flags(archive, everything, replace=next(both)),
            rounds=2,
        )
        await self.measure(
            "store +flags, changes nothing",
            lambda: messages.set_flags(archive, everything, add=Flags.named("\\Seen")),
            rounds=3,
        )

    async def transfer(self) -> None:
        """Copy, move and expunge."""
        from apps.store.services import messages

        archive, trash, junk = self.ref("Archive"), self.ref("Trash"), self.ref("Junk")
        step = self.count // 10
        first = iter(range(1, self.count, step))
        await self.measure(f"copy {step}", lambda: messages.copy(archive, junk, [(1, step)]), rounds=3)
        await self.measure(
            f"move {step}",
            lambda: messages.move(archive, junk, [(n := next(first), n + step - 1)]),
            rounds=3,
        )
        last = iter(range(1, self.count, step))
        await self.measure(
            f"expunge {step}",
            lambda: messages.expunge(trash, [(n := next(last), n + step - 1)], only_deleted=False),
            rounds=3,
        )
        await self.measure(
            "expunge every 10th of the rest",
            lambda: messages.expunge(
                trash, [(n, n) for n in range(3 * step, self.count, 10)], only_deleted=False
            ),
            rounds=1,
        )
        if self.explain:
            await self.plans()

    async def plans(self) -> None:
        """Print what the database does for the statements on ranges of uids."""
        from apps.store.sql import messages as sql

        for many in (False, True):
            lows = list(range(1, self.count, 20)) if many else []
            params = {
                "mailbox_id": self.mailbox, "folder_id": self.folders["Archive"], "low": 1, "high": self.count,
                "lows": lows, "highs": lows, "keep": 2**62, "set": 2**10, "sign": 1, "ops": [2], "masks": [2**10],
                "names": [""],
            }  # fmt: skip
            statement = sql.set_flags(many=many, names=False, replace=False, seen="no", conditional=False)
            print(f"\nset_flags, {'many ranges' if many else 'one range'}")
            for (line,) in await self.sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", params):
                print(line)


if __name__ == "__main__":
    main()
