"""Hundreds of people in reasonable time, and an import that is killed again and again makes each of them once."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.audit import Actor
from apps.events.models import AuditEntry
from apps.mailboxes.models import Mailbox
from apps.mailflow.models import Roster, RosterLine
from apps.mailflow.roster import runs
from tests.factories import a_domain
from tests.workers.listener import database_url

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("real_database"), pytest.mark.timeout(400)]
MANY, PEOPLE, KILLS = 400, 300, 6


def people(domain: Domain, count: int) -> str:
    """Return a table."""
    return "address;name\n" + "".join(f"u{number}@{domain.name};U {number}\n" for number in range(count))


def test_hundreds_of_rows() -> None:
    domain = a_domain()
    roster = runs.upload(
        user=None, name="x.csv", data=people(domain, MANY).encode(), actor=Actor("manage.py (root)")
    )
    begun = time.monotonic()
    looked = runs.look(roster, runs.ROOT)
    assert time.monotonic() - begun < 5
    assert len(looked.steps) == MANY
    runs.begin(roster=roster)
    begun = time.monotonic()
    assert runs.go_on(roster.id, lambda: True)
    took = time.monotonic() - begun
    print(f"{MANY} users with mailboxes and new passwords: {took:.1f} s")
    assert took < 180
    assert Mailbox.objects.filter(domain=domain).count() == MANY


def test_a_killed_import_makes_each_once(tmp_path: Path) -> None:
    domain = a_domain()
    path = tmp_path / "people.csv"
    path.write_text(people(domain, PEOPLE))
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test",
    }
    roster = runs.upload(user=None, name="x.csv", data=path.read_bytes(), actor=Actor("manage.py (root)"))
    runs.begin(roster=roster)
    program = (
        "import django, uuid; django.setup(); from apps.mailflow.roster import runs;"
        f"runs.go_on(uuid.UUID('{roster.id}'), lambda: True)"
    )
    dice, in_the_middle = random.Random(7), 0
    lines = RosterLine.objects.filter(roster=roster)
    for turn in range(KILLS + 1):
        # As if the dead one's lease were over.
        Roster.objects.filter(id=roster.id).update(claimed_until=None)
        before = lines.count()
        process = subprocess.Popen([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=environment)
        if turn < KILLS:
            deadline = time.monotonic() + 30
            while process.poll() is None and lines.count() == before and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(dice.random() * 0.1)
            process.kill()
        process.wait(timeout=120)
        in_the_middle += before < lines.count() < PEOPLE
    assert in_the_middle >= 2
    roster.refresh_from_db()
    assert roster.state == Roster.State.DONE
    assert (lines.count(), set(lines.values_list("outcome", flat=True))) == (PEOPLE, {"made"})
    users = User.objects.filter(domain=domain)
    assert users.count() == Mailbox.objects.filter(domain=domain, owner__in=users).count() == PEOPLE
    told = AuditEntry.objects.filter(
        action="user.create", organisation_id=domain.organisation_id
    ).values_list("target", flat=True)
    assert set(Counter(told).values()) == {1}
