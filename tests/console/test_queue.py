"""The queue in the console: what waits and why, and what is done about it, within one's reach."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.console.codes import name_in, page_about
from apps.console.views import queue_actions
from apps.domains.models import Domain
from apps.events.models import AuditEntry
from apps.mailboxes.models import Mailbox
from apps.queue.models import Attempt, QueuedMessage, QueuedRecipient, State
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user
from tests.queue.letters import local, queue, remote

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def alice(domain: Domain) -> Mailbox:
    return a_mailbox("alice", domain=domain)


@pytest.fixture
def page(domain: Domain) -> Client:
    return browser(staff("organisation_admin", domain))


def staff(kind: str, domain: Domain) -> User:
    user = a_user(kind.replace("_", "-"), domain=domain)
    a_role(
        user,
        kind,
        **({"domain": domain} if kind == "domain_admin" else {"organisation": domain.organisation}),
    )
    return user


def wait(domain: Domain, *addresses: str, sender: str = "", reply: str = "") -> list[QueuedRecipient]:
    """Let mail to these addresses wait; with a reply it was tried once."""
    places = [remote(address, domain.organisation_id) for address in addresses]
    rows = queue(*places, sender=sender or f"alice@{domain.name}", age=timedelta(hours=3))
    if reply:
        later = timezone.now() + timedelta(hours=2)
        QueuedRecipient.objects.filter(id__in=[row.pk for row in rows]).update(
            last_reply=reply, attempts=1, next_attempt=later
        )
    return rows


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def state_of(row: QueuedRecipient) -> str:
    return QueuedRecipient.objects.get(id=row.pk).state


def test_it_works(page: Client, domain: Domain) -> None:
    [one, other] = wait(domain, "x@far.example", "y@near.example", reply="421 4.7.0 Slow down, please")
    shown = text(page.get("/console/queue/"))
    assert "x@far.example" in shown
    assert "They want less mail, or later" in shown
    assert "421 4.7.0 Slow down, please" in shown
    assert "in 1\xa0hour" in shown
    assert "3\xa0hours ago" in shown
    about = text(page.get(f"/console/queue/{one.pk}/"))
    assert "y@near.example" in about
    assert f'href="/console/queue/{other.pk}/"' in about
    assert "/console/queue/codes/421-4.7.0" in about


def test_an_empty_queue_says_so(page: Client) -> None:
    assert "Nothing waits" in text(page.get("/console/queue/"))
    assert "Nothing waits" in text(page.get("/console/queue/causes"))
    assert "No match" in text(page.get("/console/queue/?q=nobody"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=X@FAR", {"x"}),
        ("q=carol@", {"z"}),
        ("domain=Near.example", {"y", "z"}),
        ("code=421", {"x"}),
        ("code=none", {"y", "z"}),
        ("state=held", {"z"}),
        ("state=queued&domain=near.example", {"y"}),
        ("state=failed", set()),
        ("state=nonsense", {"x", "y", "z"}),
        ("q=%00", {"x", "y", "z"}),
    ],
)
def test_it_is_filtered(page: Client, domain: Domain, asked: str, found: set[str]) -> None:
    wait(domain, "x@far.example", reply="421 4.7.0 Slow down")
    wait(domain, "y@near.example")
    [held] = wait(domain, "z@near.example", sender=f"carol@{domain.name}")
    QueuedRecipient.objects.filter(id=held.pk).update(state=State.HELD, last_reply="asked the sender")
    shown = text(page.get(f"/console/queue/?{asked}"))
    addresses = {"x": "x@far.example", "y": "y@near.example", "z": "z@near.example"}
    assert {name for name, address in addresses.items() if f">{address}<" in shown} == found


def test_a_trace_id_finds_all_of_a_message(page: Client, domain: Domain) -> None:
    [one, _] = wait(domain, "x@far.example", "y@near.example")
    wait(domain, "z@far.example")
    shown = text(page.get(f"/console/queue/?q={one.message.trace_id}"))
    assert ("x@far.example" in shown, "z@far.example" in shown) == (True, False)


def test_what_keeps_mail_is_summed_up_and_leads_to_the_rows(page: Client, domain: Domain) -> None:
    wait(domain, "x@far.example", "y@far.example", reply="452 4.2.2 Over quota")
    wait(domain, "z@far.example")
    shown = text(page.get("/console/queue/causes"))
    assert "The mailbox is full" in shown
    assert "Waiting for its first attempt" in shown
    assert "?state=queued&amp;domain=far.example&amp;code=452%204.2.2" in shown
    there = text(page.get("/console/queue/?state=queued&domain=far.example&code=452%204.2.2"))
    assert (">x@far.example<" in there, ">z@far.example<" in there) == (True, False)


def test_one_is_held_released_retried_and_bounced(page: Client, domain: Domain, alice: Mailbox) -> None:
    [row] = wait(domain, "x@far.example", reply="421 4.7.0 Slow down")
    where = f"/console/queue/{row.pk}"
    assert "until somebody releases it" in text(page.get(f"{where}/hold"))
    assert page.post(f"{where}/hold", {"reason": "asked the sender"}).status_code == 302
    assert state_of(row) == State.HELD
    assert "Held until released: asked the sender." in text(page.get(f"{where}/"))
    told = AuditEntry.objects.filter(action="queue.hold").latest("id")
    assert (told.actor, told.details["reason"]) == (f"organisation-admin@{domain.name}", "asked the sender")
    page.post(f"{where}/release")
    assert state_of(row) == State.QUEUED
    QueuedRecipient.objects.filter(id=row.pk).update(next_attempt=timezone.now() + timedelta(hours=1))
    page.post(f"{where}/retry")
    assert QueuedRecipient.objects.get(id=row.pk).next_attempt <= timezone.now()
    page.post(f"{where}/bounce")
    assert state_of(row) == State.FAILED
    assert QueuedMessage.objects.get(sender="").recipients.get().mailbox_id == alice.pk
    assert "Bounce" not in text(page.get(f"{where}/"))


def test_dropped_mail_is_gone_without_a_word(page: Client, domain: Domain, alice: Mailbox) -> None:
    [row] = wait(domain, "x@far.example")
    page.post(f"/console/queue/{row.pk}/cancel", {"reason": "spam"})
    assert state_of(row) == State.FAILED
    assert not QueuedMessage.objects.filter(sender="").exists()


def test_what_a_worker_has_in_hand_is_left_and_told(page: Client, domain: Domain) -> None:
    [row] = wait(domain, "x@far.example")
    QueuedRecipient.objects.filter(id=row.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    assert "on its way" in text(page.get("/console/queue/"))
    answer = page.post(f"/console/queue/{row.pk}/hold", follow=True)
    assert "Nothing was changed" in text(answer)
    assert state_of(row) == State.QUEUED


def test_those_ticked_are_held_and_no_others(page: Client, domain: Domain) -> None:
    one, two, three = wait(domain, "x@far.example", "y@far.example", "z@far.example")
    where = f"/console/queue/many/hold?id={one.pk}&id={two.pk}&id=rubbish&state=queued"
    assert "2 recipients" in text(page.get(where))
    assert "<html" not in text(page.get(where, headers={"HX-Request": "true"}))
    answer = page.post(where, {"reason": "a test"})
    assert answer.headers["Location"] == "/console/queue/?state=queued"
    assert [state_of(row) for row in (one, two, three)] == [State.HELD, State.HELD, State.QUEUED]


def test_all_that_match_are_done_so_many_at_a_time(
    page: Client, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(queue_actions.ACTIONS, "hold", replace(queue_actions.ACTIONS["hold"], most=2))
    rows = wait(domain, *(f"u{n}@far.example" for n in range(3)), reply="421 4.7.0 Slow down")
    [other] = wait(domain, "x@near.example")
    where = "/console/queue/many/hold?all=1&state=queued&domain=far.example"
    shown = text(page.get(where))
    assert ("2 recipients" in shown, "do it again for the rest" in shown) == (True, True)
    assert "There are more: do it again." in text(page.post(where, follow=True))
    assert [state_of(row) for row in rows] == [State.HELD, State.HELD, State.QUEUED]
    assert "1 recipient is held." in text(page.post(where, follow=True))
    assert state_of(other) == State.QUEUED


def test_what_came_after_the_question_was_not_meant(page: Client, domain: Domain) -> None:
    [asked] = wait(domain, "x@far.example")
    where = "/console/queue/many/cancel?all=1"
    shown = page.get(where)
    upto = shown.context["form"]["upto"].value()
    assert (upto, f'name="upto" value="{upto}"' in shown.content.decode()) == (asked.pk, True)
    [later] = wait(domain, "y@far.example")
    page.post(where, {"upto": upto})
    assert (state_of(asked) == State.QUEUED, state_of(later) == State.QUEUED) == (False, True)


def test_nothing_ticked_is_told(page: Client) -> None:
    assert "Nothing is ticked" in text(page.get("/console/queue/many/retry"))
    assert page.post("/console/queue/many/retry").status_code == 302
    assert page.get("/console/queue/many/burn").status_code == 404


def test_one_sees_what_is_ones_own_to_look_after(domain: Domain, alice: Mailbox) -> None:
    sister = a_domain(organisation=domain.organisation)
    [mine] = queue(local(alice.pk, domain.organisation_id, str(alice)), sender="x@far.example")
    [theirs] = wait(sister, "y@far.example")
    looker = browser(staff("domain_admin", domain))
    shown = text(looker.get("/console/queue/"))
    assert (str(alice) in shown, "y@far.example" in shown) == (True, False)
    assert 'name="id"' not in shown
    assert looker.get(f"/console/queue/{theirs.pk}/").status_code == 404
    assert "Hold" not in text(looker.get(f"/console/queue/{mine.pk}/"))
    mallory = browser(staff("organisation_admin", a_domain()))
    assert mallory.get(f"/console/queue/{mine.pk}/").status_code == 404
    assert mallory.post(f"/console/queue/{mine.pk}/bounce").status_code == 404
    assert "far.example" not in text(mallory.get("/console/queue/"))
    assert "far.example" not in text(mallory.get("/console/queue/causes"))
    for choice in (f"id={mine.pk}&id={theirs.pk}", "all=1"):
        assert "Nothing is ticked" in text(mallory.get(f"/console/queue/many/bounce?{choice}"))
        mallory.post(f"/console/queue/many/bounce?{choice}")
    assert {state_of(mine), state_of(theirs)} == {State.QUEUED}


def test_other_recipients_of_a_message_are_shown_within_reach_only(domain: Domain, alice: Mailbox) -> None:
    bob = a_mailbox("bob", domain=a_domain(organisation=domain.organisation))
    places = [local(box.pk, domain.organisation_id, str(box)) for box in (alice, bob)]
    [mine, _] = queue(*places, sender="x@far.example")
    assert str(bob) not in text(browser(staff("domain_admin", domain)).get(f"/console/queue/{mine.pk}/"))
    assert str(bob) in text(browser(staff("support", domain)).get(f"/console/queue/{mine.pk}/"))


@pytest.mark.parametrize("path", ["queue/", "queue/causes", "queue/{}/", "queue/many/hold?all=1"])
def test_a_page_costs_the_same_however_much_waits(page: Client, domain: Domain, path: str) -> None:
    [row] = wait(domain, "x@far.example")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(page.get("/console/" + path.format(row.pk)))
        return len(captured)

    before = count()
    for n in range(5):
        wait(domain, *(f"u{n}{m}@far{m}.example" for m in range(5)), reply="421 4.7.0 Slow down")
        Attempt.objects.create(recipient=row, outcome="deferred", host="mx.far.example", reply="421 4.7.0 No")
    assert count() == before <= 7


def test_pages_follow_each_other(page: Client, domain: Domain) -> None:
    rows = [row for n in range(6) for row in wait(domain, *(f"u{n}-{m}@far.example" for m in range(9)))]
    shown = text(page.get("/console/queue/"))
    assert shown.count('name="id"') == 50
    following = shown.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    last = text(page.get(f"/console/queue/{following}"))
    assert last.count('name="id"') == len(rows) - 50


def test_a_reply_is_explained(page: Client) -> None:
    shown = text(page.get("/console/queue/codes/451-4.4.1"))
    assert "No host answered" in shown
    assert "<strong>If you run this server.</strong>" in shown
    assert "<code>manage.py queue show</code>" in shown
    assert page.get("/console/queue/codes/..%2Fsecret").status_code == 404
    assert name_in("451 4.4.1 The connection failed") == "451-4.4.1"
    assert name_in("250 2.0.0 Fine") == name_in("") == ""
    assert page_about("README") is None
