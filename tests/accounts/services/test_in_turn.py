"""Who makes a user and a mailbox at once, and who changes the domain meanwhile, wait in the same order."""

import threading
import time

import psycopg
import pytest
from django.db import connection, connections, transaction

from apps.accounts.models import User
from apps.accounts.services import users
from apps.events import audit
from apps.events.audit import SYSTEM
from apps.mailboxes.services import create_mailbox
from tests.factories import a_domain


@pytest.mark.usefixtures("real_database")
def test_a_user_and_a_mailbox_wait_for_the_domain_before_the_trail() -> None:
    domain = a_domain()
    address = f"alice@{domain.name}"

    def make_both() -> None:
        try:
            with transaction.atomic():
                user = users.create_user(address=address, actor=SYSTEM)
                create_mailbox(address=address, owner=user, actor=SYSTEM)
        finally:
            connections.close_all()

    connection.ensure_connection()
    dsn = connection.connection.info.dsn
    thread = threading.Thread(target=make_both)
    with psycopg.connect(dsn) as other, psycopg.connect(dsn, autocommit=True) as watch:
        other.execute("SELECT FROM domains_domain WHERE id = %s FOR NO KEY UPDATE", [domain.id])
        thread.start()
        waits = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND %s = ANY(pg_blocking_pids(pid))"
        )
        deadline = time.monotonic() + 10
        while not watch.execute(waits, [other.info.backend_pid]).fetchall():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        # As whoever changes the domain writes down at last.
        other.execute("SET LOCAL lock_timeout = '2s'")
        other.execute("SELECT pg_advisory_xact_lock(%s)", [audit._LOCK])
        other.commit()
    thread.join(10)
    assert User.objects.filter(address=address).exists()
