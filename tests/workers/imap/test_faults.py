"""A database that goes away, and a bug: fixed words to the client, a line for us, and the session lives."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from apps.events.database import connection_arguments
from tests import factories
from tests.workers.listener import database_url

from .live import PASSWORD, Live, an_imap_listener
from .test_news import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
AWAY = b"NO [UNAVAILABLE] Try again later\r\n"


@contextmanager
def database_away(live: Live) -> Iterator[None]:
    """Stand in for a PostgreSQL that was stopped: its connections break and new ones are refused."""
    name = str(connection_arguments()["dbname"])
    with psycopg.connect(database_url().replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL(%s)",
                [name, _ours()],
            )
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert live.process.poll() is None


def _ours() -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return [cursor.fetchone()[0]]


@pytest.fixture(scope="module")
def live(django_db_setup: None) -> Iterator[Live]:
    with an_imap_listener() as listener:
        yield listener


@pytest.mark.slow
def test_a_lost_database_is_unavailable_and_comes_back(live: Live) -> None:
    alice = str(factories.a_mailbox("alice", password=PASSWORD))
    deliver(alice, 3)
    with live.talk(alice, "INBOX") as talk, live.talk(alice, "INBOX") as idle, live.talk() as stranger:
        idle.send(b"i IDLE\r\n")
        idle.line()
        with database_away(live):
            assert talk.ask("NOOP")[1] == AWAY
            assert talk.ask("STORE 1 +FLAGS (\\Seen)")[1] == AWAY
            assert talk.ask(b"APPEND INBOX {5+}\r\nhello")[1] == AWAY
            assert talk.ask("FETCH 1 (FLAGS)")[1].startswith(b"OK")
            assert talk.ask("SELECT INBOX")[1] == AWAY
            assert stranger.ask(f'LOGIN {alice} "{PASSWORD}"')[1] == AWAY
        deadline = time.monotonic() + 20
        while talk.ask("SELECT INBOX")[1] == AWAY:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" in talk.ok("STORE 1 +FLAGS (\\Seen)")
        assert idle.line() == b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
        idle.send(b"DONE\r\n")
        assert idle.until(b"i ")[1] == b"OK Completed\r\n"
        stranger.ok(f'LOGIN {alice} "{PASSWORD}"')


def test_a_bug_gives_nothing_away_and_the_session_lives(live: Live) -> None:
    alice = factories.a_mailbox("alice", password=PASSWORD)
    deliver(str(alice), 2)
    with connection.cursor() as cursor:
        # A part table that cannot be: only a bug of ours could write it.
        cursor.execute("UPDATE store_content SET parts = 'x' WHERE mailbox_id = %s", [alice.pk])
    with live.talk(str(alice), "INBOX") as talk:
        assert talk.ask("FETCH 1 (BODY.PEEK[TEXT])") == ([], b"NO [SERVERBUG] Internal error\r\n")
        assert talk.ok("FETCH 1 (UID)") == [b"* 1 FETCH (UID 1)\r\n"]
