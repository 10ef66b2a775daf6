"""The console's filter: lines and what others would have done, lists, and what is kept from inboxes."""

import html
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.domains.models import Domain
from apps.events.models import AuditEntry
from apps.mailboxes.models import Mailbox
from apps.spam.models import FilterSettings, SenderEntry
from tests.factories import a_domain, a_mailbox
from tests.spam.factories import a_judgement

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(domain: Domain) -> Mailbox:
    return a_mailbox("alice", domain=domain)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_a_domain_gets_lines_of_its_own(page: Client, domain: Domain) -> None:
    where = f"/console/filter/lines/domain/{domain.id}"
    assert page.post(where, {"preset": "strict", "junk": "3,5", "refuse": "never"}).status_code == 302
    row = FilterSettings.objects.get(domain=domain)
    assert (row.preset, row.lines) == ("strict", {"junk": 3.5, "refuse": None})
    shown = text(page.get("/console/filter/"))
    assert domain.name in shown
    assert "Junk 3.5" in shown
    assert 'value="3.5"' in text(page.get(where))
    assert AuditEntry.objects.filter(action="filter.settings", target_id=str(domain.id)).exists()


def test_a_line_that_is_no_number_is_told(page: Client, domain: Domain) -> None:
    answer = page.post(f"/console/filter/lines/domain/{domain.id}", {"junk": "much"})
    assert answer.status_code == 422
    assert "A number, “never”, or nothing." in text(answer)


def test_what_if_six(page: Client, mailbox: Mailbox) -> None:
    a_judgement(mailbox, score=5.0, action="junk", label="ham", subject="Lost and found")
    a_judgement(mailbox, score=7.0, action="junk", label="spam")
    a_judgement(mailbox, score=0.0, action="inbox", reason="clean", state="")
    a_judgement(mailbox, score=8.0, action="inbox", reason="allowed", state="")
    shown = text(page.get("/console/filter/?tag=2&junk=6&quarantine=never&refuse=9&days=7"))
    assert "Of 4 messages, 1 would have come elsewhere." in shown
    assert "Lost and found" in shown
    assert (
        "as it was, 1 unwanted were put away, 0 came through, 1 wanted were put away; with these lines 1, 0 and 0"
        in shown
    )


def test_nobody_would_be_refused_on_what_was_learned_alone(page: Client, mailbox: Mailbox) -> None:
    learned = [["LEARNED_MODEL", 10.0, "model", "", "spam"]]
    a_judgement(mailbox, score=10.0, action="junk", reason="uncorroborated", symbols=learned)
    both = [["LEARNED_MODEL", 8.0, "model", "", "spam"], ["A_RULE", 2.5, "rule", "", "spam"]]
    a_judgement(mailbox, score=10.5, action="junk", symbols=both, subject="Refuse me")
    shown = text(page.get("/console/filter/?tag=2&junk=4&quarantine=never&refuse=9"))
    assert "Of 2 messages, 1 would have come elsewhere." in shown
    assert "Refuse me" in shown


def test_others_mail_is_not_counted(page: Client) -> None:
    a_judgement(a_mailbox("bob", domain=a_domain()))
    assert "No mail was judged in this time." in text(page.get("/console/filter/?junk=6"))


def test_a_sender_is_blocked_for_a_domain_and_let_in_again(page: Client, domain: Domain) -> None:
    said = {
        "place": domain.name,
        "effect": "block",
        "subject": "domain",
        "pattern": "evil.example",
        "days": "30",
    }
    assert page.post("/console/filter/lists/add", said).status_code == 302
    entry = SenderEntry.objects.get(domain=domain)
    assert entry.expires_at is not None
    assert "evil.example" in text(page.get("/console/filter/lists/?q=evil"))
    where = f"/console/filter/lists/domain/{domain.id}/{entry.id}/remove"
    assert page.post(where).status_code == 302
    assert not SenderEntry.objects.filter(domain=domain).exists()


def test_nobody_blocks_for_somebody_elses_domain(page: Client) -> None:
    for place in (a_domain().name, ""):
        said = {"place": place, "effect": "block", "subject": "domain", "pattern": "evil.example"}
        assert page.post("/console/filter/lists/add", said).status_code == 422
    assert not SenderEntry.objects.filter(pattern="evil.example").exists()


def test_what_is_held_is_listed_with_a_fixed_number_of_queries(
    page: Client, mailbox: Mailbox, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(20):
        a_judgement(mailbox, subject=f"Number {n}")
    with django_assert_max_num_queries(12):
        shown = text(page.get("/console/filter/kept/?state=junk&q=Number"))
    assert "Number 19" in shown
    assert "Nothing is held" in text(page.get("/console/filter/kept/"))


def test_what_is_gone_cannot_be_released(page: Client, mailbox: Mailbox) -> None:
    made = a_judgement(mailbox, content_id=10**9)
    answer = page.post(f"/console/filter/kept/{mailbox.id}/{made.id}/release")
    assert answer.status_code == 422
    assert "not there any more" in text(answer)
