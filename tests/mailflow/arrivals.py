"""Arrivals for tests, and a loop with a database to put them into."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import redis.asyncio
from django.conf import settings

from apps.events.database import make_pool
from apps.events.transactions import Database
from apps.mailflow.acceptance import Arrival, Writer
from apps.queue.envelopes import Envelope, Recipient
from apps.queue.models import Origin

BODY = b"From: bob@far.example\r\nTo: alice@example.test\r\nSubject: %s\r\nMessage-ID: <%s@far.example>\r\n\r\nhello\r\n"


def an_arrival(*recipients: Recipient, body: bytes | None = None, sender: str = "bob@far.example") -> Arrival:
    """A message read to its end, each with an id of its own."""
    trace_id = uuid.uuid4()
    return Arrival(
        trace_id=trace_id,
        origin=Origin.MX,
        envelope=Envelope(sender),
        recipients=recipients,
        body=BODY % (b"hello", trace_id.hex.encode()) if body is None else body,
        prefix=b"Received: from far.example\r\n",
        received_at=datetime.now(UTC),
        trace={"peer": "192.0.2.1", "helo": "far.example"},
    )


@asynccontextmanager
async def a_database(size: int = 4) -> AsyncIterator[Database]:
    """A listener's way to PostgreSQL and Valkey."""
    pool = make_pool(size)
    await pool.open()
    valkey = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    try:
        yield Database(pool, valkey)
    finally:
        await pool.close()
        await valkey.aclose()


def with_writer[T](story: Callable[[Writer, Database], Awaitable[T]], **options: Any) -> T:
    """Play a story with a running writer."""

    async def main() -> T:
        async with a_database() as database:
            writer = Writer(database, **options)
            running = asyncio.create_task(writer.run())
            try:
                return await story(writer, database)
            finally:
                writer.close()
                await running

    return asyncio.run(main())
