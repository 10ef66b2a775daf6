"""Our addresses on block lists: asked of a real name server, remembered, told once when it begins and once when it ends."""

import datetime as dt
import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from prometheus_client import REGISTRY

import apps.console.health  # noqa: F401 - It tells Prometheus of them.
from apps.console import system
from apps.domains.resolver import Resolver
from apps.events.models import AuditEntry
from apps.protocols.mailauth.blocklists import State
from apps.reports.blocklists import watching
from apps.reports.blocklists.queries import standing
from apps.reports.models import Standing
from tests.dns_server import SERVFAIL, Zone, serving

pytestmark = pytest.mark.django_db

WELL = """
2.0.0.127.bl.test A 127.0.0.2
2.0.0.127.zen.test A 127.0.0.10
mail.example.test A 192.0.2.1
mail.example.test AAAA 2001:db8::1
mail.example.test A 10.0.0.1
"""
LISTED = WELL + '1.2.0.192.bl.test A 127.0.0.2\n1.2.0.192.bl.test TXT "https://bl.test/why?1"\n'
EVERYTHING = WELL + "1.0.0.127.bl.test A 127.0.0.2\n1.2.0.192.bl.test A 127.0.0.2\n"


@pytest.fixture(autouse=True)
def lists(settings: Any) -> None:
    settings.MAIL_BLOCKLISTS = ["bl.test", "zen.test=127.0.0.2-11"]
    settings.MAIL_OUTBOUND_ADDRESSES = ["192.0.2.1"]
    settings.MAIL_HOSTNAME = "Mail.example.test"


def look(text: str, faults: dict[str, str] | None = None, *, now: dt.datetime | None = None) -> list[str]:
    with serving(Zone(text, faults)) as server:
        return watching.watch(now=now or timezone.now(), resolver=Resolver([server]))


def states() -> dict[tuple[str, str], State]:
    return {(row.zone, row.address): row.state for row in standing()}


def actions() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="blocklist.")
        .order_by("id")
        .values_list("action", flat=True)
    )


def test_it_works(caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any) -> None:
    assert look(WELL) == []
    assert set(states().values()) == {State.WORKS, State.CLEAN}
    with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
        assert look(LISTED) == ["listed: 192.0.2.1 on bl.test"]
    assert "block list: listed" in caplog.text
    assert look(LISTED) == []
    row = standing()[0]
    assert (row.state, row.codes, row.reason) == (State.LISTED, ("127.0.0.2",), "https://bl.test/why?1")
    assert look(WELL) == ["unlisted: 192.0.2.1 on bl.test"]
    assert actions() == ["blocklist.listed", "blocklist.unlisted"]
    assert (
        AuditEntry.objects.filter(action__startswith="blocklist.").earliest("id").target
        == "192.0.2.1 on bl.test"
    )


def test_a_list_that_breaks_is_told_and_believed_in_nothing() -> None:
    look(LISTED)
    assert look(EVERYTHING) == ["broken: bl.test"]
    assert states()["bl.test", "192.0.2.1"] == State.UNKNOWN
    assert states()["zen.test", "192.0.2.1"] == State.CLEAN
    assert look(EVERYTHING) == []
    # It works again, and the address is still there: nothing new. It leaves, and that is told.
    assert look(LISTED) == ["mended: bl.test"]
    assert look(WELL) == ["unlisted: 192.0.2.1 on bl.test"]


def test_a_fault_of_dns_changes_nothing() -> None:
    before = timezone.now() - dt.timedelta(hours=5)
    look(LISTED, now=before)
    faults = {"2.0.0.127.bl.test": SERVFAIL, "1.2.0.192.zen.test": SERVFAIL}
    assert look(LISTED, faults, now=before + dt.timedelta(hours=1)) == []
    assert states()["bl.test", "192.0.2.1"] == State.LISTED
    assert states()["bl.test", ""] == State.SILENT
    assert states()["zen.test", "192.0.2.1"] == State.CLEAN
    # After some hours it is worth a look, and no alarm.
    parts = {part.name: part.look for part in system.of_blocklists(standing(), timezone.now())}
    assert parts["bl.test"] == "warn"
    assert actions() == ["blocklist.listed"]


def test_without_addresses_of_ours_the_host_is_looked_up(settings: Any) -> None:
    settings.MAIL_OUTBOUND_ADDRESSES = []
    assert look(LISTED) == ["listed: 192.0.2.1 on bl.test"]
    # None of the network within, and no list here holds any of version 6.
    assert states()["bl.test", "2001:db8::1"] == State.UNKEPT
    assert {row.address for row in standing()} == {"", "192.0.2.1", "2001:db8::1"}
    assert look(WELL, {"mail.example.test": SERVFAIL}) == []
    assert states()["bl.test", "192.0.2.1"] == State.LISTED


def test_nothing_is_asked_without_being_told(settings: Any) -> None:
    look(LISTED)
    settings.MAIL_BLOCKLISTS = ["zen.test=127.0.0.2-11"]
    look(LISTED)
    assert {row.zone for row in standing()} == {"zen.test"}
    settings.MAIL_BLOCKLISTS = []
    zone = Zone(LISTED)
    with serving(zone) as server:
        assert watching.watch(now=timezone.now(), resolver=Resolver([server])) == []
    assert zone.asked == []
    assert not Standing.objects.exists()
    settings.MAIL_BLOCKLISTS = ["not a zone"]
    assert look(LISTED) == []


def test_prometheus_is_told() -> None:
    look(LISTED)
    gauge = REGISTRY.get_sample_value
    assert gauge("mail_blocklist_listed", {"zone": "bl.test", "address": "192.0.2.1"}) == 1
    assert gauge("mail_blocklist_listed", {"zone": "zen.test", "address": "192.0.2.1"}) == 0
    look(EVERYTHING)
    assert gauge("mail_blocklist_works", {"zone": "bl.test"}) == 0
    assert gauge("mail_blocklist_listed", {"zone": "bl.test", "address": "192.0.2.1"}) is None


def test_the_command(settings: Any) -> None:
    out = StringIO()
    with serving(Zone(LISTED)) as server:
        settings.MAIL_DNS_SERVERS = [server]
        with pytest.raises(CommandError, match=r"1 to be looked at: 192\.0\.2\.1 on bl\.test"):
            call_command("blocklist", "check", stdout=out)
    with serving(Zone(WELL)) as server:
        settings.MAIL_DNS_SERVERS = [server]
        call_command("blocklist", "check", stdout=out)
    call_command("blocklist", "show", "--json", stdout=out)
    assert "https://bl.test/why?1" in out.getvalue()
    assert '"list": "bl.test", "address": "192.0.2.1", "state": "clean"' in out.getvalue()
    settings.MAIL_BLOCKLISTS = []
    with pytest.raises(CommandError, match="names no list"):
        call_command("blocklist", "check", stdout=out)
