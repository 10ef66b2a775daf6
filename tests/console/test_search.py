"""The search box of the console: of each kind the first few, and nothing that one is not shown."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.console.views import search
from apps.events.trace import Event, Kind, keys_of, record
from apps.events.transactions import perform
from tests.console.browser import browser
from tests.factories import a_domain, a_mailbox, a_role, a_user, an_alias
from tests.queue.letters import queue, remote

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_works_and_finds_only_what_one_is_shown() -> None:
    domain = a_domain()
    boss, mallory = a_user("boss", domain=domain), a_user("mallory")
    for user in (boss, mallory):
        a_role(user, "organisation_admin", organisation=user.organisation)
    alice = a_mailbox("alice", domain=domain)
    alias = an_alias("alice.sales", "x@far.example", domain=domain)
    [row] = queue(remote("y@far.example", domain.organisation_id), sender=str(alice))
    assert alice.owner is not None
    paths = (
        f"/console/mailboxes/{alice.id}/",
        f"/console/users/{alice.owner.id}/",
        f"/console/aliases/{alias.id}/",
        f"/console/queue/{row.pk}/",
    )
    shown = text(browser(boss).get("/console/search?q=ALICE"))
    assert all(f'href="{path}"' in shown for path in paths)
    assert f'href="/console/domains/{domain.id}/"' in text(
        browser(boss).get(f"/console/search?q={domain.name}")
    )
    assert f'href="{paths[-1]}"' in text(browser(boss).get(f"/console/search?q={row.message.trace_id}"))
    for word in ("alice", domain.name, str(row.message.trace_id)):
        assert "No match" in text(browser(mallory).get(f"/console/search?q={word}"))
    assert "What do you look for?" in text(browser(boss).get("/console/search?q=+"))


def test_more_of_a_kind_are_listed_elsewhere_at_the_same_price() -> None:
    domain = a_domain()
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    page = browser(boss)

    def ask() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as captured:
            shown = text(page.get("/console/search?q=alice"))
        return len(captured), shown

    a_mailbox("alice", domain=domain)
    before, shown = ask()
    assert "Show all" not in shown
    for n in range(search.MOST):
        a_mailbox(f"alice{n}", domain=domain)
    after, shown = ask()
    assert '<a class="btn btn-sm" href="/console/mailboxes/?q=alice">' in shown
    # Three of them bound the others: BEGIN, how long one may take, and COMMIT.
    assert after == before == 10


def a_message(recipient: str, message_id: str) -> uuid.UUID:
    trace_id = uuid.uuid4()
    detail = {"origin": "mx", "sender": "x@far.example", "recipients": [recipient], "message_id": message_id}
    keys = keys_of(message_id=message_id, addresses=["x@far.example", recipient])
    perform(record([Event(trace_id, Kind.ACCEPTED, 1, detail, keys)]))
    return trace_id


def test_an_id_of_a_message_leads_to_its_story() -> None:
    domain = a_domain()
    boss, mallory = a_user("boss", domain=domain), a_user("mallory")
    for user in (boss, mallory):
        a_role(user, "organisation_admin", organisation=user.organisation)
    page, other = browser(boss), browser(mallory)
    trace_id = a_message(f"alice@{domain.name}", f"<One.2@{domain.name}>")
    where = f"/console/trace/{trace_id}/"
    for sought in (str(trace_id), trace_id.hex, f"<One.2@{domain.name}>", f"one.2@{domain.name}"):
        assert page.get("/console/search", {"q": sought}).headers.get("Location") == where, sought
        assert "No match" in text(other.get("/console/search", {"q": sought}))
    a_message(f"alice@{domain.name}", f"<two@{domain.name}>")
    with CaptureQueriesContext(connection) as captured:
        shown = text(page.get("/console/search", {"q": f"alice@{domain.name}"}))
    assert f'href="{where}"' in shown
    for number in range(search.MOST):
        a_message(f"alice@{domain.name}", f"<{number}@x.example>")
    with CaptureQueriesContext(connection) as more:
        shown = text(page.get("/console/search", {"q": f"alice@{domain.name}"}))
    assert f'href="/console/trace/?q=alice%40{domain.name}"' in shown
    assert len(more) == len(captured) <= 15
