"""How listeners reach PostgreSQL: psycopg connections of their own, beside Django's; and how pages give theirs back."""

import select
from typing import Any

from django.conf import settings
from django.db import connection as django_connection
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

type Pool = AsyncConnectionPool[AsyncConnection[Any]]


def connection_arguments() -> dict[str, Any]:
    """Return psycopg's arguments for the configured database.

    Custom plans only: after five runs a generic plan for `uid = ANY(...)` reads the whole folder.
    No JIT: a statement on many ranges of uids is thought expensive, and compiling it would be what is.
    """
    database = settings.DATABASES["default"]
    arguments: dict[str, Any] = {
        "dbname": database["NAME"],
        "user": database["USER"],
        "host": database["HOST"],
        "port": database["PORT"],
        "autocommit": True,
        "prepare_threshold": 1,
        "options": "-c plan_cache_mode=force_custom_plan -c jit=off -c timezone=UTC",
        **database.get("OPTIONS", {}),
    }
    arguments.pop("pool", None)  # Django's own.
    if database.get("PASSWORD"):
        arguments["password"] = database["PASSWORD"]
    return {name: value for name, value in arguments.items() if value != ""}


WAIT_SECONDS = 5
"""How long a command waits for a connection before its client hears that the database is away.

Many clients give up after ten seconds themselves, and would take an answer that late for a dead server.
"""

RECONNECT_SECONDS = 5
"""The pool waits twice as long after each vain attempt to connect; after so long it begins anew.

Or a database that was away for a minute would be missed for another.
"""


def make_pool(size: int) -> Pool:
    """Return a closed pool of `size` connections; `await pool.open()` it on the loop that uses it."""

    async def check(connection: AsyncConnection[Any]) -> None:
        """Let the pool replace connections the server has closed, so that no command pays for an old restart."""
        # A server that goes away says so, and bytes that wait on an idle connection are just that: to look costs
        # microseconds, to ask the server would cost as much as a short statement.
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            await connection.close()  # The pool takes back what looks open.
            await pool.check()  # Others were closed with it; to find them one by one takes seconds.
            raise OperationalError("the server has closed this connection")

    async def begin_anew(_: Any) -> None:
        """Go on connecting, without a pause."""
        await pool.check()

    pool: Pool = AsyncConnectionPool(
        min_size=min(2, size),
        max_size=size,
        kwargs=connection_arguments(),
        check=check,
        open=False,
        timeout=WAIT_SECONDS,
        reconnect_timeout=RECONNECT_SECONDS,
        reconnect_failed=begin_anew,
    )
    return pool


def give_back() -> None:
    """Give this thread's Django connection back, before something that takes long and asks nothing of the database.

    The threads of the web process share a few of them: a client that reads slowly would keep one from all others.
    """
    if not django_connection.in_atomic_block:
        django_connection.close()
