"""A pool whose server was away: nobody who comes later hears of it."""

import asyncio
import contextlib
import time

import psycopg
import psycopg_pool
import pytest

from apps.events import database
from apps.events.database import Pool, connection_arguments, make_pool


async def pids_of(pool: Pool, count: int) -> list[int]:
    async with contextlib.AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(pool.connection()) for _ in range(count)]
        return [connection.info.backend_pid for connection in connections]


def terminate(pids: list[int]) -> None:
    with psycopg.connect(**connection_arguments()) as server:
        server.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [pids])


@pytest.mark.slow
@pytest.mark.django_db
def test_connections_the_server_closed_are_replaced_unseen() -> None:
    async def story() -> None:
        async with make_pool(6) as pool:
            pids = await pids_of(pool, 6)
            terminate(pids)
            began = time.monotonic()
            assert not set(pids) & set(await pids_of(pool, 6))
            assert time.monotonic() - began < 2

    asyncio.run(story())


@pytest.mark.django_db
@pytest.mark.slow
def test_a_server_that_comes_back_is_noticed_soon() -> None:
    arguments = connection_arguments()
    away = arguments | {"host": "/nowhere"}

    async def story() -> None:
        async with make_pool(3) as pool:
            pids = await pids_of(pool, 3)
            pool.kwargs = away
            terminate(pids)
            for _ in range(2):
                with pytest.raises(psycopg_pool.PoolTimeout):
                    await pool.getconn(timeout=7)
            pool.kwargs = arguments
            began = time.monotonic()
            await pids_of(pool, 3)
            assert time.monotonic() - began < database.RECONNECT_SECONDS

    asyncio.run(story())
