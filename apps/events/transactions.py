"""One transaction, and what is said once it is committed.

A *plan* is a generator that yields the statements of one transaction and is sent their rows. The same plan
is performed by Django's connection (`perform`) or on a listener's loop (`Database.perform`), so an operation
on mail is written once. What it yields as `Change` or `Job` goes out after COMMIT and never before.
"""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import redis.asyncio
from django.db import transaction

from .changes import Change
from .database import Pool
from .publish import publish, publish_async
from .valkey import sync_client
from .wake import Job, wake, wake_async

# How long a transaction that is done waits for its hints to leave.
HINT_SECONDS = 0.25

type Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A statement whose rows the plan wants."""

    sql: str
    params: Sequence[Any] | dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A statement whose rows nobody wants; on a loop it travels with the next one in one round trip."""

    sql: str
    params: Sequence[Any] | dict[str, Any] | None = None


type Step = Query | Run | Change | Job
type Plan[T] = Generator[Step, list[Row] | None, T]


def query(sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Plan[list[Row]]:
    """Ask within a plan, for its rows."""
    return (yield Query(sql, params)) or []


def perform[T](plan: Plan[T]) -> T:
    """Run a plan in one transaction on Django's connection, then announce what it said."""
    said: list[Change | Job] = []
    with transaction.atomic():
        result = _drive(plan, said)
        if said:
            transaction.on_commit(lambda: _announce(said))
    return result


def ask[T](plan: Plan[T]) -> T:
    """Run a plan that announces nothing on Django's connection, without a transaction around its statements."""
    said: list[Change | Job] = []
    transaction.get_connection().ensure_connection()
    result = _drive(plan, said)
    if said:
        raise TypeError("this plan does more than read")
    return result


def _drive[T](plan: Plan[T], said: list[Change | Job]) -> T:
    # A plain psycopg cursor: Django's binds parameters in the client, which is slow for large bodies.
    with psycopg.Cursor(transaction.get_connection().connection) as cursor:
        rows: list[Row] | None = None
        while True:
            try:
                step = plan.send(rows)
            except StopIteration as stop:
                return cast("T", stop.value)
            rows = None
            match step:
                case Query(sql, params):
                    rows = cursor.execute(sql.encode(), params, binary=True).fetchall()
                case Run(sql, params):
                    cursor.execute(sql.encode(), params)
                case _:
                    said.append(step)


def _announce(said: list[Change | Job]) -> None:
    client = sync_client()
    publish(client, [item for item in said if isinstance(item, Change)])
    wake(client, [item for item in said if isinstance(item, Job)])


class Database:
    """A listener's way to PostgreSQL and to those who wait for its changes."""

    def __init__(self, pool: Pool, valkey: redis.asyncio.Redis) -> None:
        self.pool = pool
        self.valkey = valkey
        self._unsaid: set[Change | Job] = set()
        self._late: set[asyncio.Task[None]] = set()

    async def perform[T](self, plan: Plan[T]) -> T:
        """Run a plan in one transaction, then announce what it said."""
        said: list[Change | Job] = []
        async with (
            self.pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            rows: list[Row] | None = None
            while True:
                try:
                    step = plan.send(rows)
                except StopIteration as stop:
                    result = cast("T", stop.value)
                    break
                rows = None
                match step:
                    case Query(sql, params):
                        await cursor.execute(sql.encode(), params, binary=True)
                        rows = await cursor.fetchall()
                    case Run(sql, params):
                        await cursor.execute(sql.encode(), params)
                    case _:
                        said.append(step)
        if said:
            await self._announce(said)
        return result

    async def _announce(self, said: Iterable[Change | Job]) -> None:
        """Say it and wait until it is said, but not for a Valkey that does not answer: these are hints."""
        if self._late:
            self._unsaid.update(said)
            return
        task = asyncio.create_task(self._say(said))
        _, late = await asyncio.wait([task], timeout=HINT_SECONDS)
        if late:
            self._late.add(task)
            task.add_done_callback(self._catch_up)

    async def _say(self, said: Iterable[Change | Job]) -> None:
        await publish_async(self.valkey, [item for item in said if isinstance(item, Change)])
        await wake_async(self.valkey, [item for item in said if isinstance(item, Job)])

    def _catch_up(self, task: asyncio.Task[None]) -> None:
        """Say what was left unsaid while Valkey did not answer."""
        self._late.discard(task)
        if self._unsaid and not self._late and not task.cancelled():
            said, self._unsaid = self._unsaid, set()
            again = asyncio.get_running_loop().create_task(self._say(said))
            self._late.add(again)
            again.add_done_callback(self._catch_up)
