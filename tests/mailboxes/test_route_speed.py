"""Among 100,000 mailboxes, where an address leads costs the database no more than four rows found by key."""

import json
import statistics
import time

import psycopg
import pytest
from django.db import connection

from apps.domains.services import set_quota
from apps.events.audit import SYSTEM
from apps.events.transactions import perform
from apps.mailboxes.services import count_sums
from apps.mailboxes.sql import ROUTE
from apps.organisations import services as organisations
from tests.factories import a_domain

MAILBOXES = """
INSERT INTO mailboxes_mailbox (domain_id, local_part, quota_bytes, private_seen, is_active, created_at)
SELECT %s, 'user' || n, 1000, false, true, now() FROM generate_series(1, 100000) n
"""
ALIASES = """
INSERT INTO mailboxes_alias (domain_id, local_part, targets, is_active, created_at)
SELECT %s, 'alias' || n, ARRAY['user' || n || '@' || %s], true, now() FROM generate_series(1, 10000) n
"""
# What one row found by its key costs at the same moment on the same machine.
ONE_ROW = "SELECT id FROM mailboxes_mailbox WHERE domain_id = %s AND local_part = %s"


def _milliseconds(cursor: psycopg.Cursor, statement: str, *arguments: object) -> float:
    cursor.execute(b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement.encode(), arguments)
    (row,) = cursor.fetchall()
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    taken: float = plan[0]["Planning Time"] + plan[0]["Execution Time"]
    return taken


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("quota", [None, 10**9], ids=["no quota", "quotas"])
@pytest.mark.parametrize("local", ["user{}", "user{}+tag", "alias{}", "nobody{}"])
def test_a_route_is_found_at_once(local: str, quota: int | None) -> None:
    domain = a_domain()
    set_quota(domain=domain, quota_bytes=quota, actor=SYSTEM)
    organisations.set_quota(organisation=domain.organisation, quota_bytes=quota, actor=SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute(MAILBOXES, [domain.id])
        cursor.execute(
            "INSERT INTO mailboxes_usage SELECT id, 5, 1 FROM mailboxes_mailbox WHERE domain_id = %s",
            [domain.id],
        )
        # Or the check that an address is there once is planned for an empty table, and reads all of it each time.
        cursor.execute("ANALYZE mailboxes_mailbox")
        cursor.execute(ALIASES, [domain.id, domain.name])
        begun = time.monotonic()
        perform(count_sums())
        print(f"sums of 100,000 mailboxes: {(time.monotonic() - begun) * 1000:.0f} ms")
        cursor.execute("ANALYZE mailboxes_mailbox, mailboxes_alias, mailboxes_usage, domains_domain")
    times, simplest = [], []
    with psycopg.Cursor(connection.connection) as direct:
        for n in range(1, 201):
            times.append(_milliseconds(direct, ROUTE, [f"{local.format(n)}@{domain.name}"]))
            simplest.append(_milliseconds(direct, ONE_ROW, domain.id, f"user{n}"))
    # The quickest quarters: the rest measures who else is using this machine.
    found, row = statistics.quantiles(times)[0], statistics.quantiles(simplest)[0]
    print(f"{local}, quota {quota}: {found * 1000:.0f} us, one row {row * 1000:.0f} us")
    assert found < 4 * row, (statistics.quantiles(times), statistics.quantiles(simplest))
