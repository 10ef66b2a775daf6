"""The console's page about the platform: what runs, what stands still, what does not answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.console import system
from apps.events.processes import Seen
from apps.events.servers import Disk
from apps.events.valkey import sync_client
from apps.events.wake import Job, looked, looking
from apps.reports.models import Standing
from apps.spam.models import Scanner
from tests.console.browser import browser
from tests.factories import a_role, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Client:
    root = a_user("root")
    a_role(root, "superadmin", organisation=root.organisation)
    return browser(root)


@pytest.fixture(autouse=True)
def jobs() -> None:
    """Let every job have looked just now."""
    for job in Job:
        looking(sync_client(), job)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_works(page: Client, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = []
    shown = text(page.get("/console/system/"))
    assert "Everything answers and is at work." in shown
    assert "PostgreSQL" in shown
    assert settings.MAIL_VERSION in shown
    assert "Sending to other servers" in shown
    assert "MAIL_HEALTH_PORTS" in shown


def test_a_process_that_is_gone_is_told(page: Client, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = ["imap=127.0.0.1:1"]
    shown = text(page.get("/console/system/"))
    assert "1 part does not work as it should." in shown
    assert "does not answer" in shown


def test_a_job_that_fell_silent_is_told() -> None:
    local, remote, release, house, *_ = system.of_jobs(
        {Job.DELIVER_LOCAL: 4.0, Job.DELIVER_REMOTE: 1300.0, Job.RELEASE: 200.0, Job.HOUSEKEEPING: None}
    )
    assert (local.look, local.note) == ("ok", "4 s ago")
    assert (remote.look, remote.word) == ("err", "silent for 21\xa0minutes")
    assert (release.look, house.look, house.word) == ("warn", "warn", "never seen")
    assert all((seconds or 0) < 60 for seconds in looked(sync_client()).values())


def test_each_state_has_its_word() -> None:
    [ready, gone, lacks] = system.of_processes(
        [
            Seen("smtp", is_ready=True, says={}),
            Seen("imap", is_ready=False, says={"process": "unreachable"}),
            Seen("celery", is_ready=False, says={"database": "ok", "valkey": "unreachable"}),
        ]
    )
    assert (ready.look, gone.look, lacks.look) == ("ok", "err", "err")
    assert lacks.note == "It cannot reach: valkey"
    assert [system.of_disk(Disk("/", 100, free)).look for free in (50, 10, 3)] == ["ok", "warn", "err"]
    assert system.of_disk(None).look == "off"


def test_an_address_on_a_block_list_is_told(page: Client, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = []
    settings.MAIL_BLOCKLISTS = ["bl.test"]
    now = timezone.now()
    facts = {"zone": "bl.test", "since": now - timedelta(hours=2), "looked_at": now}
    Standing.objects.create(**facts, state="works")
    Standing.objects.create(
        **facts, address="192.0.2.1", state="listed", codes=["127.0.0.2"], reason="See <b>bl.test</b>"
    )
    with CaptureQueriesContext(connection) as captured:
        shown = text(page.get("/console/system/"))
    assert len(captured) == 4
    assert "1 part does not work as it should." in shown
    assert "192.0.2.1 on bl.test" in shown
    assert "for 2\xa0hours: 127.0.0.2, See &lt;b&gt;bl.test&lt;/b&gt;" in shown
    assert "192.0.2.1 on bl.test" in text(page.get("/console/"))


def test_a_virus_scanner_with_old_signatures_is_told(page: Client, settings: Any) -> None:
    settings.MAIL_CLAMD = "/run/clamd.sock"
    assert "Virus scanner" not in text(page.get("/console/system/"))
    long_ago = timezone.now() - timedelta(days=9)
    Scanner.objects.create(
        place="/run/clamd.sock", state="old", made_at=long_ago, since=long_ago, looked_at=timezone.now()
    )
    body = text(page.get("/console/system/"))
    assert "Virus scanner" in body
    assert "old signatures" in body
    assert "old signatures" in text(page.get("/console/"))


def test_a_page_costs_so_many_statements(page: Client, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = []
    with CaptureQueriesContext(connection) as captured:
        text(page.get("/console/system/"))
    assert len(captured) == 3
