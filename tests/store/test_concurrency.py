"""Six connections change the folders of two mailboxes at random; afterwards everything agrees.

Counters equal the rows, usage equals the rows, each folder's log replayed from empty gives every uid, flag
and keyword by name, no modseq is missing, and nothing ever waited for itself.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis.asyncio
from django.conf import settings
from django.db import connections

from apps.events.database import make_pool
from apps.events.transactions import Database, Plan, perform, query
from apps.store import blobs
from apps.store.flags import Flags
from apps.store.models import Blob
from apps.store.services import folders, keeping, messages
from apps.store.values import Copied, Expunged, FlagsSet, FolderRef, NoFolder, Placed
from tests.store.mail import Box, a_box, a_message, look, usage

SECONDS = 8.0
CONNECTIONS = 6
WORDS = ["\\Seen", "\\Flagged", "\\Deleted", "$Junk", *(f"word{n}" for n in range(50))]
NAMES = ("INBOX", "Archive", "Junk")


@pytest.fixture
def boxes(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Box]]:
    """Two mailboxes that are really committed, and taken away again afterwards."""
    with django_db_blocker.unblock():
        alice = a_box()
        bob = a_box("bob", organisation_id=alice.organisation_id)
        yield [alice, bob]
        for box in (alice, bob):
            for ref in box.folders.values():
                perform(messages.expunge(ref, only_deleted=False))
                with connections["default"].cursor() as cursor:
                    cursor.execute("DELETE FROM store_folderlog WHERE folder_id = %s", [ref.folder_id])
        connections["default"].close()


class Writer:
    """One client that never sleeps."""

    def __init__(self, database: Database, boxes: list[Box], seed: int, done: Counter[str]) -> None:
        self.database = database
        self.boxes = boxes
        self.random = random.Random(seed)
        self.done = done
        self.refs = [box[name] for box in boxes for name in NAMES]

    async def run(self, until: float) -> None:
        acts: list[Callable[[], Plan[Any]]] = [
            self.append, self.append, self.flag, self.flag, self.flag, self.copy, self.move, self.move, self.expunge,
            self.churn,
        ]  # fmt: skip
        while time.monotonic() < until:
            act = self.random.choice(acts)
            result = await self.database.perform(act())
            self.done[f"{act.__name__} {type(result).__name__}"] += 1

    def flags(self) -> Flags:
        # Few of the words each time, but more in all than a mailbox has bits for.
        return Flags.named(*self.random.sample(WORDS, self.random.randint(0, 4)))

    def ref(self) -> FolderRef:
        return self.random.choice(self.refs)

    def uids(self) -> list[tuple[int, int]]:
        start = self.random.randint(1, 400)
        return [(low, low + self.random.randint(0, 9)) for low in range(start, start + 90, 30)][
            : self.random.randint(1, 3)
        ]

    def append(self) -> Plan[Any]:
        items = []
        for _ in range(self.random.randint(1, 8)):
            box = self.random.choice(self.boxes)
            body = b"message %d" % self.random.randint(1, 50)
            items.append(a_message(box, self.random.choice(NAMES), body=body, flags=self.flags()))
        placed = yield from messages.append(items, enforce_quota=self.random.random() < 0.5)
        assert all(isinstance(one, Placed) for one in placed)
        return placed

    def flag(self) -> Plan[Any]:
        ref = self.ref()
        if self.random.random() < 0.3:
            return (yield from messages.set_flags(ref, self.uids(), replace=self.flags()))
        since = self.random.choice([None, None, self.random.randint(1, 500)])
        return (
            yield from messages.set_flags(
                ref, self.uids(), add=self.flags(), remove=self.flags(), unchanged_since=since
            )
        )

    def copy(self) -> Plan[Any]:
        return (yield from messages.copy(self.ref(), self.ref(), self.uids()))

    def move(self) -> Plan[Any]:
        return (yield from messages.move(self.ref(), self.ref(), self.uids()))

    def expunge(self) -> Plan[Any]:
        uids = self.uids() if self.random.random() < 0.5 else None
        return (yield from messages.expunge(self.ref(), uids))

    def churn(self) -> Plan[Any]:
        """A folder comes, gets another name, and goes with what it holds."""
        box = self.random.choice(self.boxes)
        name = f"churn{self.random.randint(1, 3)}"
        made = yield from folders.create(box.mailbox_id, f"{name}/below")
        if isinstance(made, FolderRef):
            item = a_message(Box(box.mailbox_id, box.organisation_id, {name: made}), name, flags=self.flags())
            yield from messages.append([item], enforce_quota=False)
            return made
        rows = yield from query(
            "SELECT id FROM store_folder WHERE mailbox_id = %s AND name = %s",
            [box.mailbox_id, f"{name}/below"],
        )
        if not rows or self.random.random() < 0.5:
            return (yield from folders.rename(box.mailbox_id, name, f"churn{self.random.randint(1, 9)}"))
        return (yield from folders.delete(FolderRef(box.mailbox_id, rows[0][0])))


@pytest.mark.usefixtures("real_database")
def test_the_sweep_waits_for_nobody() -> None:
    """Else it could hold what a batch waits for, and wait for what the batch holds."""
    box = a_box()
    refs = perform(blobs.put_many(box.organisation_id, [b"held", b"free"]))
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE store_blob SET created_at = now() - interval '2 days' WHERE organisation_id = %s",
            [box.organisation_id],
        )

    async def main() -> None:
        pool = make_pool(2)
        await pool.open()
        database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
        async with pool.connection() as other, other.transaction():
            await other.execute(
                "SELECT FROM store_blob WHERE organisation_id = %s AND hash = %s FOR UPDATE",
                [box.organisation_id, refs[0].hash],
            )
            await asyncio.wait_for(database.perform(keeping.sweep_blobs()), 5)
        await pool.close()
        await database.valkey.aclose()

    asyncio.run(main())
    left = Blob.objects.filter(organisation_id=box.organisation_id)
    assert [bytes(blob.hash) for blob in left] == [refs[0].hash]


@pytest.mark.slow
def test_everything_agrees_afterwards(boxes: list[Box]) -> None:
    done: Counter[str] = Counter()

    async def main() -> None:
        pool = make_pool(CONNECTIONS)
        await pool.open()
        database = Database(pool, redis.asyncio.Redis.from_url(settings.REDIS_URL))
        until = time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as group:
            for seed in range(CONNECTIONS):
                group.create_task(Writer(database, boxes, seed, done).run(until))
        await pool.close()
        await database.valkey.aclose()

    asyncio.run(main())
    kinds = {FlagsSet, Copied, Expunged}
    assert {kind.__name__ for kind in kinds} <= {name.split()[1] for name in done}, done
    assert not any(name.endswith(NoFolder.__name__) for name in done if not name.startswith("churn")), done
    held = 0
    for box in boxes:
        for ref in box.folders.values():
            by_rows, by_log, wrong = perform(look(ref))
            assert wrong == []
            assert by_rows == by_log
            held += len(by_rows)
        said, rows = perform(usage(box.mailbox_id))
        assert said == rows
    assert held > 0
    print(f"{sum(done.values())} operations, {held} messages left: {dict(done)}")
