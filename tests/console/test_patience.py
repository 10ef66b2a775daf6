"""A list whose table is out of reach gives up by itself, and says so."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.accounts.models import User
from apps.events import patience
from tests.console.browser import browser


@pytest.mark.usefixtures("real_database")
@pytest.mark.parametrize(
    ("path", "table"), [("audit/?q=alice", "events_auditentry"), ("trace/?q=alice", "events_messageevent")]
)
def test_a_search_that_takes_too_long_is_given_up(
    boss: User, path: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the table, as whoever changes it does; the page does not wait for them."""
    page = browser(boss)
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        answer: Any = page.get(f"/console/{path}")
        assert answer.status_code == 503
        assert "This took too long" in answer.content.decode()
        other.rollback()
        assert page.get(f"/console/{path}").status_code == 200
