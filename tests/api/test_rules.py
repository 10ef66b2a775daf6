"""Rules against spam over the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events.audit import SYSTEM
from apps.spam.models import SpamRule
from apps.spam.rules import services
from apps.spam.rules.definitions import Rule, Target
from apps.spam.rules.services import SITE, Place
from tests.api.asking import Api
from tests.factories import a_domain, a_role, a_user

pytestmark = pytest.mark.django_db

PARCEL = {
    "name": "PARCEL_FEE",
    "target": "body",
    "expression": r"parcel.{0,80}\bcustoms fee",
    "score": 1.5,
    "sort": "phishing",
    "samples": {"match": ["Your parcel: pay the customs fee"], "miss": ["Your parcel is here"]},
}


@pytest.fixture
def domain() -> Domain:
    return a_domain()


@pytest.fixture
def boss(domain: Domain) -> User:
    boss = a_user("boss", domain=domain)
    a_role(boss, "organisation_admin", organisation=domain.organisation)
    return boss


@pytest.fixture
def chief() -> User:
    chief = a_user("chief")
    a_role(chief, "superadmin", organisation=chief.organisation)
    return chief


def test_it_works(domain: Domain, boss: User) -> None:
    api = Api(boss)
    made = api.post("spam/rules", PARCEL | {"place": "domain", "domain_id": domain.pk})
    assert (made["place"], made["domain_id"], made["is_enabled"], made["origin"]) == (
        "domain",
        domain.pk,
        True,
        "own",
    )
    assert api.get(f"spam/rules/{made['id']}") == made
    assert api.get("spam/rules?place=domain&search=parcel")["items"] == [made]
    assert api.get("spam/rules?place=user")["items"] == []
    changed = api.patch(f"spam/rules/{made['id']}", {"score": 0.5, "is_enabled": False})
    assert (changed["score"], changed["is_enabled"]) == (0.5, False)
    api.delete(f"spam/rules/{made['id']}")
    api.get(f"spam/rules/{made['id']}", 404)


def test_what_breaks_its_samples_is_refused_in_words(chief: User) -> None:
    api = Api(chief)
    bad = PARCEL | {"samples": {"match": ["nothing of it"]}}
    assert "does not match its sample: nothing of it" in api.post("spam/rules", bad, 422)["detail"]
    assert "ahead" in api.post("spam/rules", PARCEL | {"expression": "(?=x)"}, 422)["detail"]
    made = api.post("spam/rules", PARCEL)
    assert "of the feed" in api.patch(f"spam/rules/{made['id']}", {"score": None}, 422)["detail"]
    assert api.post("spam/rules", PARCEL, 409)["code"] == "already_exists"
    assert (
        "matches its sample" in api.patch(f"spam/rules/{made['id']}", {"expression": "parcel"}, 422)["detail"]
    )
    assert api.post("spam/rules", PARCEL | {"domain_id": 1}, 400)["code"] == "invalid"
    assert api.post("spam/rules", PARCEL | {"place": "domain"}, 400)["code"] == "invalid"


def test_a_rule_is_tried_and_not_kept(chief: User) -> None:
    found = Api(chief).post("spam/rules/test", PARCEL | {"texts": ["parcel: customs fee", "x"]}, 200)
    assert [one["is_found"] for one in found["samples"]] == [True, False]
    assert [one["is_found"] for one in found["texts"]] == [True, False]
    assert not SpamRule.objects.filter(name="PARCEL_FEE").exists()
    assert "refused" in Api(chief).post("spam/rules/test", PARCEL | {"expression": "("}, 422)["code"]


def test_of_the_feed_a_score_may_be_set_and_given_back(chief: User) -> None:
    made = services.create_rule(place=SITE, rule=Rule("FEED", Target.BODY, "x", 2.0), actor=SYSTEM)
    SpamRule.objects.filter(id=made.id).update(origin="feed")
    api, where = Api(chief), f"spam/rules/{made.id}"
    changed = api.patch(where, {"score": 0.5})
    assert (changed["score"], changed["feed_score"]) == (0.5, 2.0)
    changed = api.patch(where, {"score": None})
    assert (changed["score"], changed["feed_score"]) == (2.0, None)
    api.patch(where, {"expression": "y"}, 422)
    api.delete(where, 422)
    assert not api.patch(where, {"is_enabled": False})["is_enabled"]


def test_everybody_has_rules_of_their_own_within_bounds(domain: Domain, boss: User) -> None:
    alice = a_user("alice", domain=domain)
    api, own = Api(alice), PARCEL | {"name": "MY_PARCEL", "place": "user"}
    made = api.post("spam/rules", own)
    assert (made["user_id"], made["place"]) == (alice.id, "user")
    assert "between" in api.post("spam/rules", own | {"name": "MY_B", "score": 11}, 422)["detail"]
    assert "MY_" in api.post("spam/rules", own | {"name": "PARCEL"}, 422)["detail"]
    api.post("spam/rules", PARCEL, 403)
    api.post("spam/rules", PARCEL | {"place": "domain", "domain_id": domain.pk}, 422)
    for other in (boss, a_user("mallory")):
        Api(other).get(f"spam/rules/{made['id']}", 404)
        Api(other).delete(f"spam/rules/{made['id']}", 404)
        assert made["id"] not in [one["id"] for one in Api(other).get("spam/rules")["items"]]
    api.delete(f"spam/rules/{made['id']}")


def test_a_list_costs_the_same_however_long_it_is(domain: Domain, boss: User) -> None:
    api, counts = Api(boss), []
    for number in range(3):
        for turn in range(number * 3 + 1):
            rule = Rule(f"R{number}_{turn}", Target.BODY, "x")
            services.create_rule(place=Place(domain=domain), rule=rule, actor=SYSTEM)
        with CaptureQueriesContext(connection) as found:
            api.get("spam/rules")
        counts.append(len(found))
    assert len(set(counts[1:])) == 1
