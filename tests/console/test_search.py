"""The search box of the console: of each kind the first few, and nothing that one is not shown."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.console.views import search
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
    assert after == before == 7
