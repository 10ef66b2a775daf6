"""A pool whose server was away: nobody who comes later hears of it."""

import asyncio

import psycopg
import pytest

from apps.events.database import connection_arguments, make_pool


@pytest.mark.django_db
def test_connections_the_server_closed_are_replaced_unseen() -> None:
    async def story() -> list[int]:
        async with make_pool(4) as pool:
            await pool.wait()
            pids = []
            async with pool.connection() as one, pool.connection() as two:
                pids += [one.info.backend_pid, two.info.backend_pid]
            with psycopg.connect(**connection_arguments()) as server:
                server.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [pids])
            for _ in range(4):
                async with pool.connection() as connection:
                    cursor = await connection.execute("SELECT pg_backend_pid()")
                    [[pid]] = await cursor.fetchall()
                    assert pid not in pids
            return pids

    assert len(asyncio.run(story())) == 2
