"""Among 100,000 mailboxes, where an address leads costs the database less than 0.1 ms."""

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
        cursor.execute(ALIASES, [domain.id, domain.name])
        begun = time.monotonic()
        perform(count_sums())
        print(f"sums of 100,000 mailboxes: {(time.monotonic() - begun) * 1000:.0f} ms")
        cursor.execute("ANALYZE mailboxes_mailbox, mailboxes_alias, mailboxes_usage, domains_domain")
    times = []
    with psycopg.Cursor(connection.connection) as direct:
        for n in range(1, 201):
            direct.execute(
                b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + ROUTE.encode(),
                [[f"{local.format(n)}@{domain.name}"]],
            )
            (row,) = direct.fetchall()
            plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
            times.append(plan[0]["Planning Time"] + plan[0]["Execution Time"])
    # The quickest quarter: the rest measures who else is using this machine.
    assert statistics.quantiles(times)[0] < 0.1, statistics.quantiles(times)
    print(f"{local}, quota {quota}: median {statistics.median(times) * 1000:.0f} us")
