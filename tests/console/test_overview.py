"""The console's first page: figures that are right, as far as one's role reaches, at a fixed price."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import throttle
from apps.accounts.models import Failure, User
from apps.domains.models import Domain
from apps.events import trace
from apps.events.models import MessageEvent
from apps.events.traffic import Traffic, traffic
from apps.events.transactions import ask, perform
from apps.events.valkey import sync_client
from apps.events.wake import Job, looking
from apps.mailboxes import services as mailboxes
from apps.mailboxes.models import Mailbox, Usage
from apps.mailflow import holding
from apps.queue.models import QueuedRecipient, State
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user
from tests.queue.letters import queue, remote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(settings: Any) -> None:
    """Let every job have looked just now, and no process be asked."""
    settings.MAIL_HEALTH_PORTS = []
    for job in Job:
        looking(sync_client(), job)


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def alice(domain: Domain) -> Mailbox:
    return a_mailbox("alice", domain=domain, quota_bytes=1000)


def staff(kind: str, domain: Domain) -> User:
    user = a_user(kind.replace("_", "-"), domain=domain)
    a_role(
        user,
        kind,
        **({"domain": domain} if kind == "domain_admin" else {"organisation": domain.organisation}),
    )
    return user


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def told(
    kind: trace.Kind, *addresses: str, ago: timedelta = timedelta(minutes=5), count: int = 1, **detail: Any
) -> None:
    """Let this have happened to some messages."""
    for _ in range(count):
        trace_id, keys = uuid.uuid4(), trace.keys_of(addresses=addresses)
        perform(trace.record([trace.Event(trace_id, kind, None, detail, keys)]))
        MessageEvent.objects.filter(trace_id=trace_id).update(at=timezone.now() - ago)


def came(sender: str, recipient: str, *, origin: str = "mx", **more: Any) -> None:
    told(
        trace.Kind.ACCEPTED, sender, recipient,
        origin=origin, sender=sender, recipients=[recipient], **more,
    )  # fmt: skip


def refused(recipient: str, **more: Any) -> None:
    told(trace.Kind.REFUSED, recipient, recipient=recipient, peer="192.0.2.1", reason="no", **more)


def test_it_works(domain: Domain, alice: Mailbox) -> None:
    page = browser(staff("organisation_admin", domain))
    assert "Mail is flowing. Nothing needs you." in text(page.get("/console/"))
    came("x@far.example", str(alice), count=3)
    came("x@far.example", str(alice), ago=timedelta(hours=7))
    came(str(alice), "x@far.example", origin="submission", count=2)
    refused(str(alice))
    [row] = queue(remote("y@far.example", domain.organisation_id), sender=str(alice), age=timedelta(days=2))
    QueuedRecipient.objects.filter(id=row.pk).update(state=State.POISON, last_reply="a fault")
    Usage.objects.filter(mailbox=alice).update(bytes=930)
    perform(mailboxes.count_sums())
    shown = text(page.get("/console/"))
    assert "<strong>4</strong>" in shown
    assert "3 in the last hour" in shown
    assert "2 in the last hour" in shown
    assert "1 in the last hour" in shown
    assert "3 things need you" in shown
    assert "1 recipient: handling it failed on our side" in shown
    assert "Mail has waited for 2\xa0days" in shown
    assert f'href="/console/mailboxes/{alice.pk}/"' in shown
    assert "far.example" in shown
    assert "System" not in shown


def test_counts_are_by_hour_and_by_domain(domain: Domain, alice: Mailbox) -> None:
    before, name = ask(traffic(None)), domain.name
    came("x@far.example", str(alice), ago=timedelta(minutes=59))
    came("x@far.example", str(alice), ago=timedelta(hours=23, minutes=30), count=2)
    came("x@far.example", str(alice), ago=timedelta(hours=25))
    came("", str(alice), origin="internal")
    came(str(alice), "x@far.example", origin="submission")
    came(f"somebody@{name}", "bob@elsewhere.test")  # Anybody can write this name; it is not ours to count.
    came("carol@elsewhere.test", str(alice), origin="submission", ago=timedelta(hours=5, minutes=30))
    refused(str(alice), ago=timedelta(hours=2, minutes=30))
    found = ask(traffic([name]))
    assert (sum(found.received), found.received[-1], found.received[-6], found.received[0]) == (4, 1, 1, 2)
    assert (sum(found.sent), sum(found.refused), found.refused[-3]) == (1, 1, 1)
    assert ask(traffic([])) == Traffic()
    everything = ask(traffic(None))
    assert sum(everything.received) - sum(before.received) == 4
    assert sum(everything.sent) - sum(before.sent) == 2


def test_many_refusals_in_one_row_count_as_many() -> None:
    before = sum(ask(traffic(None)).refused)
    event = trace.Event(uuid.uuid4(), trace.Kind.REFUSED, None, {"network": "192.0.2.0/24", "count": 41})
    perform(trace.record([event]))
    assert sum(ask(traffic(None)).refused) == before + 41


def test_one_sees_the_figures_of_what_one_looks_after(domain: Domain, alice: Mailbox) -> None:
    sister = a_domain(organisation=domain.organisation)
    carol = a_mailbox("carol", domain=sister, quota_bytes=1000)
    Usage.objects.filter(mailbox=carol).update(bytes=990)
    perform(mailboxes.count_sums())
    came("x@far.example", str(carol), count=7)
    queue(remote("y@far.example", domain.organisation_id), sender=str(carol), age=timedelta(days=2))
    for user in (staff("domain_admin", domain), staff("organisation_admin", a_domain())):
        shown = text(browser(user).get("/console/"))
        assert "Nothing needs you" in shown
        assert "7 in the last hour" not in shown
        assert "far.example" not in shown
        assert sister.name not in shown
        assert "Failed sign-ins" not in shown
    shown = text(browser(staff("organisation_admin", domain)).get("/console/"))
    assert "7 in the last hour" in shown
    assert f"carol@{sister.name}" in shown


def test_a_superadmin_sees_the_platform_and_who_guesses(domain: Domain, settings: Any) -> None:
    settings.MAIL_HEALTH_PORTS = ["imap=127.0.0.1:1"]
    settings.MAIL_SIGN_IN_FAILURES = 2
    before = throttle.recent_failures()
    for n in range(2):
        Failure.objects.create(
            network="198.51.100.0/24", login=b"a", fingerprint=bytes([n]), at=timezone.now()
        )
    Failure.objects.create(network="203.0.113.0/24", login=b"a", fingerprint=b"x", at=timezone.now())
    after = throttle.recent_failures()
    assert (after.count - before.count, after.shut_out - before.shut_out) == (3, 1)
    shown = text(browser(staff("superadmin", domain)).get("/console/"))
    assert "Failed sign-ins" in shown
    assert "does not answer" in shown
    assert "tried too many passwords" in shown


def test_a_full_mailbox_weighs_more_than_a_nearly_full_one(domain: Domain, alice: Mailbox) -> None:
    page = browser(staff("support", domain))
    for used, word in (
        (899, "Nothing needs you"),
        (900, "nearly full"),
        (1000, "1 mailbox has no room left"),
    ):
        Usage.objects.filter(mailbox=alice).update(bytes=used)
        assert word in text(page.get("/console/"))


@pytest.mark.parametrize(
    ("kind", "most"), [("superadmin", 9), ("organisation_admin", 7), ("domain_admin", 9)]
)
def test_it_costs_the_same_however_much_there_is(domain: Domain, kind: str, most: int) -> None:
    """Four more are asked apart from Django: traffic and how far its sums reach, depth and causes."""
    page: Client = browser(staff(kind, domain))

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(page.get("/console/"))
        return len(captured)

    before = count()
    for n in range(4):
        box = a_mailbox(f"u{n}", domain=domain, quota_bytes=100)
        Usage.objects.filter(mailbox=box).update(bytes=100)
        queue(*(remote(f"x@far{m}.example", domain.organisation_id) for m in range(4)), sender=str(box))
        came("x@far.example", str(box))
    perform(mailboxes.count_sums())
    assert count() == before == most


def test_it_names_accounts_that_may_be_misused(domain: Domain) -> None:
    alice = a_mailbox("alice", domain=domain)
    holding.hold(alice.owner_id or 0, ["a stream of junk"])
    page = text(browser(staff("organisation_admin", domain)).get("/console/"))
    assert f"The account of {alice} may be misused; its mail is held" in page
    assert "may be misused" not in text(browser(staff("organisation_admin", a_domain())).get("/console/"))
