"""A day's partition is made while mail flows, and no row on its way is refused."""

import threading
import time
from datetime import date

import psycopg
import pytest

from apps.events.database import connection_arguments
from apps.events.partitions import keep_days
from apps.events.transactions import Plan, Query, Run

pytestmark = pytest.mark.usefixtures("real_database")
FAR = date(2140, 1, 1)
INSERT = """
INSERT INTO events_messageevent (trace_id, at, kind, detail, keys)
VALUES (gen_random_uuid(), '2140-01-01 12:00+00', 'filed', '{}', '{}')
"""
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"


def until_it_waits(connection: psycopg.Connection, pid: int) -> None:
    for _ in range(500):
        if connection.execute(WAITS, [pid]).fetchone() == (1,):
            return
        time.sleep(0.01)
    pytest.fail("the row did not have to wait")


def run(
    plan: Plan[list[str]], connection: psycopg.Connection, after_lock: threading.Event, pid: int
) -> list[str]:
    """Perform the plan; after its first lock let the other session begin, and wait until it is held up."""
    rows: list[tuple[object, ...]] | None = None
    while True:
        try:
            step = plan.send(rows)
        except StopIteration as stop:
            return list(stop.value)
        assert isinstance(step, Query | Run)
        cursor = connection.execute(step.sql.encode(), step.params)
        rows = cursor.fetchall() if isinstance(step, Query) else None
        if "LOCK TABLE" in step.sql and not after_lock.is_set():
            after_lock.set()
            with psycopg.connect(**connection_arguments()) as watcher:
                until_it_waits(watcher, pid)


def test_a_row_on_its_way_to_the_default_partition_finds_the_new_one() -> None:
    may_insert, failures = threading.Event(), list[Exception]()
    with psycopg.connect(**connection_arguments()) as writer:

        def insert() -> None:
            may_insert.wait(10)
            try:
                writer.execute(INSERT)
            except psycopg.Error as error:
                failures.append(error)

        thread = threading.Thread(target=insert)
        thread.start()
        try:
            with psycopg.connect(**connection_arguments() | {"autocommit": False}) as maker:
                plan = keep_days(FAR, keep=10**5, ahead=0)
                assert "+events_messageevent_21400101" in run(
                    plan, maker, may_insert, writer.info.backend_pid
                )
            thread.join(10)
            assert failures == []
            row = writer.execute("SELECT count(*) FROM events_messageevent_21400101").fetchone()
            assert row == (1,)
        finally:
            may_insert.set()
            thread.join(10)
            writer.execute("DROP TABLE IF EXISTS events_messageevent_21400101")
