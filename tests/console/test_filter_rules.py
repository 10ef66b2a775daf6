"""The console's rules and what was learned: made, tried, switched, and shown to whom it concerns."""

import html
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.domains.models import Domain
from apps.spam.models.rules import SpamRule
from tests.console.browser import browser
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db
SAID = {
    "name": "SAYS_WON",
    "target": "subject",
    "expression": r"\bwon\b",
    "score": "1.5",
    "sort": "spam",
    "description": "It says that you have won.",
    "match": "Subject: You have won\n---\nSubject: won!",
    "miss": "Subject: A wonder",
}


@pytest.fixture
def root() -> Client:
    user = a_user("root")
    a_role(user, "superadmin", organisation=user.organisation)
    return browser(user)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_a_rule_is_made_with_its_samples_and_tried(page: Client, domain: Domain) -> None:
    answer = page.post("/console/filter/rules/add", SAID | {"place": domain.name})
    made = SpamRule.objects.get(domain=domain, name="SAYS_WON")
    assert answer.headers["Location"] == f"/console/filter/rules/{made.id}/"
    assert made.samples_match == ["Subject: You have won", "Subject: won!"]
    where = f"/console/filter/rules/{made.id}/"
    assert "does not match" in text(page.get(where))
    assert "It matches this text." in text(page.post(where, {"text": "Subject: bob has won\n\nx"}))
    assert "It does not match this text." in text(page.post(where, {"text": "Subject: hello\n\nx"}))


def test_a_rule_that_breaks_its_samples_is_refused_and_what_was_typed_stays(
    page: Client, domain: Domain
) -> None:
    answer = page.post("/console/filter/rules/add", SAID | {"place": domain.name, "match": "Subject: lost"})
    assert answer.status_code == 422
    assert "Subject: lost" in text(answer)
    assert not SpamRule.objects.filter(name="SAYS_WON").exists()


def test_a_pattern_that_takes_for_ever_elsewhere_is_told_what_it_is(page: Client, domain: Domain) -> None:
    answer = page.post("/console/filter/rules/add", SAID | {"place": domain.name, "expression": r"(?=won)"})
    assert answer.status_code == 422


def test_nobody_makes_rules_for_everybody_but_who_runs_the_site(page: Client, root: Client) -> None:
    assert page.post("/console/filter/rules/add", SAID).status_code == 422
    assert page.post("/console/filter/rules/add", SAID | {"place": a_domain().name}).status_code == 422
    assert root.post("/console/filter/rules/add", SAID).status_code == 302


def test_a_rule_is_changed_switched_off_and_deleted(page: Client, domain: Domain) -> None:
    page.post("/console/filter/rules/add", SAID | {"place": domain.name})
    made = SpamRule.objects.get(domain=domain)
    where = f"/console/filter/rules/{made.id}"
    assert "Subject: won!" in text(page.get(f"{where}/edit"))
    assert page.post(f"{where}/edit", SAID | {"score": "2.5"}).status_code == 302
    assert page.post(f"{where}/switch").status_code == 302
    made.refresh_from_db()
    assert (made.score, made.is_in_use) == (2.5, False)
    assert page.post(f"{where}/delete").status_code == 302
    assert not SpamRule.objects.filter(id=made.id).exists()


def test_rules_are_listed_with_a_fixed_number_of_queries(
    page: Client, domain: Domain, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(10):
        page.post("/console/filter/rules/add", SAID | {"place": domain.name, "name": f"SAYS_{n}"})
    with django_assert_max_num_queries(9):
        shown = text(page.get("/console/filter/rules/?q=says"))
    assert "SAYS_9" in shown


def test_what_was_learned_is_shown_to_whom_it_concerns(page: Client, root: Client) -> None:
    assert "What everybody begins with" not in text(page.get("/console/filter/learning/"))
    shown = text(root.get("/console/filter/learning/"))
    assert "What everybody begins with" in shown
    assert "As shipped" in shown
    assert root.post("/console/filter/learning/models/0/use").status_code == 302
    assert root.get("/console/filter/learning/models/999/use").status_code == 404
