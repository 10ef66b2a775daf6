"""PostgreSQL is killed under writers: nothing that was acknowledged is missing, and everything agrees.

The server is the test's own, with fsync on; the segments of large bodies are the test's own, too.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

import psycopg
import pytest
import redis.asyncio
from django.conf import LazySettings
from django.conf import settings as configured
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from apps.events.database import Pool
from apps.events.transactions import Database, Plan, query
from apps.store import blobs
from apps.store.blobs import BlobRef
from apps.store.flags import Flags
from apps.store.services import folders, messages
from apps.store.values import Copied, FolderRef, Placed
from tests.store.mail import Box, a_message, look, usage
from workers.supervisor.errors import CannotStart
from workers.supervisor.postgres import Postgres

WRITERS = 3
SECONDS = 2.5
BASE = Path(__file__).parents[2]


@pytest.fixture
def server(tmp_path: Path, settings: LazySettings) -> Iterator[Postgres]:
    settings.MAIL_STATE_DIR = tmp_path / "state"
    root = Path("/tmp") / f"mp-crash-{os.getpid()}"  # A socket's path must be short.
    postgres = Postgres(root)
    suite = Path(os.environ["MAIL_TEST_SERVERS"]) / "pg"
    root.mkdir()
    for binaries in suite.iterdir():
        if (binaries / "bin" / "postgres").exists():
            (root / binaries.name).symlink_to(binaries.resolve())
    try:
        postgres.start()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=BASE,
            env=os.environ
            | {"DATABASE_URL": postgres.url, "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test"},
            check=True,
            capture_output=True,
        )
        yield postgres
    finally:
        postgres.stop()
        subprocess.run(["rm", "-rf", str(root)], check=False)


def pool_of(postgres: Postgres) -> Pool:
    arguments = {
        "host": str(postgres.socket), "port": 5432, "user": postgres.user, "dbname": postgres.database,
        "autocommit": True, "prepare_threshold": 1, "options": "-c plan_cache_mode=force_custom_plan",
    }  # fmt: skip
    return AsyncConnectionPool(min_size=1, max_size=WRITERS, kwargs=arguments, open=False, timeout=2)


def a_box_by_hand(local: str) -> Plan[Box]:
    [(organisation_id,)] = yield from query(
        "INSERT INTO organisations_organisation (name, is_active, created_at) VALUES (%s, true, now()) RETURNING id",
        [local],
    )
    [(domain_id,)] = yield from query(
        "INSERT INTO domains_domain (organisation_id, name, is_active, sts_mode, created_at)"
        " VALUES (%s, %s, true, 'none', now()) RETURNING id",
        [organisation_id, f"{local}.test"],
    )
    [(mailbox_id,)] = yield from query(
        "INSERT INTO mailboxes_mailbox (domain_id, local_part, quota_bytes, private_seen, is_active, created_at)"
        " VALUES (%s, %s, 0, false, true, now()) RETURNING id",
        [domain_id, local],
    )
    yield from folders.ensure_defaults(mailbox_id)
    rows = yield from query("SELECT name, id FROM store_folder WHERE mailbox_id = %s", [mailbox_id])
    return Box(mailbox_id, organisation_id, {name: FolderRef(mailbox_id, ref) for name, ref in rows})


class Writer:
    """One client, which remembers what it was told is done."""

    def __init__(self, database: Database, box: Box, seed: int) -> None:
        self.database = database
        self.box = box
        self.random = random.Random(seed)
        self.bodies: dict[int, bytes] = {}
        """Content id -> body, acknowledged."""
        self.archived: set[int] = set()
        """Uids of INBOX whose move was acknowledged."""
        self.seen: set[int] = set()
        """Uids of INBOX whose flag was acknowledged, and which nothing tried to move since."""

    async def run(self) -> None:
        try:
            while True:
                await self.turn()
        except (psycopg.Error, PoolTimeout):
            return

    async def turn(self) -> None:
        bodies = [
            self.random.randbytes(self.random.choice([100, 2000, 50_000]))
            for _ in range(self.random.randint(1, 20))
        ]
        prepared = await asyncio.to_thread(
            blobs.prepare, [(self.box.organisation_id, body) for body in bodies]
        )
        items = [a_message(self.box, body=blob) for blob in prepared]
        placed = await self.database.perform(messages.append(items, enforce_quota=False))
        for one, body in zip(placed, bodies, strict=True):
            assert isinstance(one, Placed)
            self.bodies[one.content_id] = body
        last = placed[-1]
        assert isinstance(last, Placed)
        await self.database.perform(
            messages.set_flags(self.box["INBOX"], [(last.uid, last.uid)], add=Flags.named("\\Seen", "todo"))
        )
        self.seen.add(last.uid)
        uids = [(last.uid - 2, last.uid - 1)]
        self.seen -= set(range(last.uid - 2, last.uid))
        moved = await self.database.perform(messages.move(self.box["INBOX"], self.box["Archive"], uids))
        if isinstance(moved, Copied):
            self.archived |= {uid for low, high in moved.source_uids for uid in range(low, high + 1)}


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_a_crash(server: Postgres) -> None:
    async def write() -> list[Writer]:
        async with pool_of(server) as pool, redis.asyncio.Redis.from_url(configured.REDIS_URL) as valkey:
            database = Database(pool, valkey)
            writers = [
                Writer(database, await database.perform(a_box_by_hand(f"user{seed}")), seed)
                for seed in range(WRITERS)
            ]
            tasks = [asyncio.create_task(writer.run()) for writer in writers]
            await asyncio.sleep(SECONDS)
            assert server.process is not None
            os.kill(server.process.pid, signal.SIGKILL)
            await asyncio.gather(*tasks)
        return writers

    async def look_again(writers: list[Writer]) -> int:
        acknowledged = 0
        async with pool_of(server) as pool, redis.asyncio.Redis.from_url(configured.REDIS_URL) as valkey:
            database = Database(pool, valkey)
            for writer in writers:
                await agree(database, writer)
                acknowledged += len(writer.bodies)
        return acknowledged

    writers = asyncio.run(write())
    assert server.process is not None
    server.process.wait()
    start_again(server)
    acknowledged = asyncio.run(look_again(writers))
    assert acknowledged > 100
    print(f"{acknowledged} acknowledged, 0 missing")


def start_again(server: Postgres) -> None:
    """Start the server as soon as the last of the killed one is gone."""
    for _ in range(20):
        try:
            server.start()
        except CannotStart:
            continue
        return
    pytest.fail("the killed server does not start again")


async def agree(database: Database, writer: Writer) -> None:
    box = writer.box
    for ref in box.folders.values():
        by_rows, by_log, wrong = await database.perform(look(ref))
        assert wrong == []
        assert by_rows == by_log
        if ref == box["INBOX"]:
            assert not writer.archived & by_rows.keys()
            assert all(by_rows[uid] >= {"\\Seen", "todo"} for uid in writer.seen)
    said, held = await database.perform(usage(box.mailbox_id))
    assert said == held
    rows = await database.perform(
        query(
            "SELECT c.id, c.blob_hash, c.size FROM store_message m JOIN store_content c"
            " ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id WHERE m.mailbox_id = %s",
            [box.mailbox_id],
        )
    )
    found = {content_id: BlobRef(box.organisation_id, digest, size) for content_id, digest, size in rows}
    assert len(found) == len(rows), "a message is there twice"
    assert writer.bodies.keys() <= found.keys(), "an acknowledged message is missing"
    for some in batched(writer.bodies, 100):
        stored = await database.perform(blobs.get_many([found[content_id] for content_id in some]))
        for content_id, blob in zip(some, stored, strict=True):
            assert blobs.read(blob) == writer.bodies[content_id]
