"""Rules made, changed, switched and removed by the cast; and workers that notice."""

import pytest

from apps.accounts.permissions import Noun, Subject, Verb, may, reach_of
from apps.accounts.queries import subject_of
from apps.events.audit import SYSTEM
from apps.events.models import AuditEntry
from apps.organisations.errors import AlreadyExistsError
from apps.spam.models import SpamRule
from apps.spam.rules import engine, queries, services
from apps.spam.rules.definitions import Rule, Samples, Target
from apps.spam.rules.reloading import Rules
from apps.spam.rules.samples import sketch
from apps.spam.rules.services import SITE, Place, RuleRefusedError
from tests.factories import a_domain, a_role, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_told")]

PRIZE = Rule("PRIZE", Target.SUBJECT, "won a prize", 2.0, samples=Samples(("You won a prize",), ("hello",)))


def told() -> list[str]:
    return list(
        AuditEntry.objects.filter(target_kind="spam_rule").order_by("id").values_list("action", flat=True)
    )


def feeds(rule: Rule = PRIZE) -> SpamRule:
    made = services.create_rule(place=SITE, rule=rule, actor=SYSTEM)
    SpamRule.objects.filter(id=made.id).update(origin="feed")
    made.refresh_from_db()
    return made


def test_it_works() -> None:
    made = services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    assert made.definition() == PRIZE
    services.change_rule(rule=made, changes={"score": 3.0, "expression": "won"}, actor=SYSTEM)
    assert made.definition().score == 3.0
    services.disable_rule(rule=made, actor=SYSTEM)
    services.disable_rule(rule=made, actor=SYSTEM)
    assert not made.is_in_use
    services.enable_rule(rule=made, actor=SYSTEM)
    services.delete_rule(rule=made, actor=SYSTEM)
    assert told() == [f"spam_rule.{verb}" for verb in ("create", "change", "disable", "enable", "delete")]
    assert not SpamRule.objects.filter(name="PRIZE").exists()


def test_a_rule_that_breaks_its_samples_is_refused_and_nothing_changes() -> None:
    made = services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="does not match its sample"):
        services.change_rule(rule=made, changes={"expression": "lost"}, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="matches its sample: hello"):
        services.change_rule(rule=made, changes={"expression": "hello|won"}, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="ahead"):
        services.change_rule(rule=made, changes={"expression": "(?=won)"}, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="name cannot be changed"):
        services.change_rule(rule=made, changes={"name": "OTHER"}, actor=SYSTEM)
    made.refresh_from_db()
    assert made.definition() == PRIZE
    assert told() == ["spam_rule.create"]


def test_a_name_is_there_once_in_a_place() -> None:
    services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    with pytest.raises(AlreadyExistsError):
        services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    services.create_rule(place=Place(domain=a_domain()), rule=PRIZE, actor=SYSTEM)


def test_a_user_has_rules_of_bounded_weight_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = Place(user=a_user("alice"))
    with pytest.raises(RuleRefusedError, match="MY_"):
        services.create_rule(place=alice, rule=PRIZE, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="MY_"):
        services.create_rule(place=SITE, rule=Rule("MY_RULE", Target.BODY, "x"), actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="between -10 and 10"):
        services.create_rule(place=alice, rule=Rule("MY_RULE", Target.BODY, "x", 10.5), actor=SYSTEM)
    monkeypatch.setattr(services, "MOST_OF_A_USER", 2)
    for name in ("MY_A", "MY_B"):
        services.create_rule(place=alice, rule=Rule(name, Target.BODY, "x", -10), actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="no room"):
        services.create_rule(place=alice, rule=Rule("MY_C", Target.BODY, "x"), actor=SYSTEM)


def test_circles_through_other_rules_are_refused() -> None:
    services.create_rule(place=SITE, rule=Rule("AA", Target.META, "BB"), actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="circle"):
        services.create_rule(place=SITE, rule=Rule("BB", Target.META, "not AA"), actor=SYSTEM)
    services.create_rule(place=SITE, rule=Rule("BB", Target.META, "CC"), actor=SYSTEM)


def test_samples_of_an_expression_over_names_know_the_sites_rules() -> None:
    services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    rule = Rule(
        "BOTH", Target.META, "PRIZE", samples=Samples(("Subject: won a prize\n\nx",), ("Subject: a\n\nb",))
    )
    services.create_rule(place=SITE, rule=rule, actor=SYSTEM)


def test_of_a_rule_of_the_feed_only_score_and_use_are_ours() -> None:
    made = feeds()
    with pytest.raises(RuleRefusedError, match="only its score"):
        services.change_rule(rule=made, changes={"expression": "won"}, actor=SYSTEM)
    with pytest.raises(RuleRefusedError, match="switch it off"):
        services.delete_rule(rule=made, actor=SYSTEM)
    services.change_rule(rule=made, changes={"score": 0.5}, actor=SYSTEM)
    made.refresh_from_db()
    assert (made.score, made.weight) == (2.0, 0.5)
    services.override_score(rule=made, score=None, actor=SYSTEM)
    assert made.weight == 2.0
    services.disable_rule(rule=made, actor=SYSTEM)
    assert (made.is_enabled, made.is_off_here, made.is_in_use) == (True, True, False)
    services.enable_rule(rule=made, actor=SYSTEM)
    assert made.is_in_use


def test_rules_are_tried_without_being_kept() -> None:
    outcomes, found = services.try_rule(place=SITE, rule=PRIZE, texts=["we won a prize", "x"])
    assert [one.is_right for one in outcomes] == [True, True]
    assert found == [True, False]
    with pytest.raises(RuleRefusedError):
        services.try_rule(place=SITE, rule=Rule("AA", Target.BODY, "("))
    assert not SpamRule.objects.filter(name="PRIZE").exists()


def test_mallory_sees_no_rule_of_ours() -> None:
    alice, ours = a_user("alice"), a_domain()
    mallory = a_user("mallory")
    a_role(mallory, "organisation_admin", organisation=mallory.organisation)
    rules = [
        services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM),
        services.create_rule(place=Place(domain=ours), rule=PRIZE, actor=SYSTEM),
        services.create_rule(place=Place(user=alice), rule=Rule("MY_A", Target.BODY, "x"), actor=SYSTEM),
    ]
    subject = subject_of(mallory.id)
    assert subject is not None
    for rule in rules:
        assert not any(may(subject, verb, queries.target_of_rule(rule)) for verb in Verb)
    reach = reach_of(subject, Verb.VIEW, Noun.RULE)
    assert not queries.rules_in(reach).filter(id__in=[rule.id for rule in rules]).exists()


def test_alices_rules_are_hers_and_not_her_administrators() -> None:
    alice = a_user("alice")
    chief = a_user("chief", domain=alice.domain)
    a_role(chief, "organisation_admin", organisation=alice.organisation)
    hers = services.create_rule(place=Place(user=alice), rule=Rule("MY_A", Target.BODY, "x"), actor=SYSTEM)
    domains = services.create_rule(place=Place(domain=alice.domain), rule=PRIZE, actor=SYSTEM)
    seen = {}
    for who in (alice, chief):
        subject = subject_of(who.id)
        assert isinstance(subject, Subject)
        rows = queries.rules_in(reach_of(subject, Verb.VIEW, Noun.RULE))
        seen[who.id] = {row.id for row in rows}
        assert may(subject, Verb.CHANGE, queries.target_of_rule(hers)) == (who == alice)
        assert may(subject, Verb.CHANGE, queries.target_of_rule(domains)) == (who == chief)
    assert seen == {alice.id: {hers.id}, chief.id: {domains.id}}


def test_names_are_told_in_words_the_narrowest_first() -> None:
    domain = a_domain()
    services.create_rule(
        place=SITE, rule=Rule("AA", Target.BODY, "x", description="of the site"), actor=SYSTEM
    )
    services.create_rule(
        place=Place(domain=domain), rule=Rule("AA", Target.BODY, "x", 1.0, description="ours"), actor=SYSTEM
    )
    assert queries.describe(["AA", "BB"])["AA"].description == "of the site"
    found = queries.describe(["AA"], places=("site", f"domain:{domain.id}"))
    assert (found["AA"].description, found["AA"].score) == ("ours", 1.0)


def test_workers_notice_changes_within_two_seconds() -> None:
    now = [0.0]
    rules = Rules(clock=lambda: now[0])
    message = sketch("Subject: won a prize\n\nx")

    def found() -> list[str]:
        return [
            one.name for one in rules.site().match(message, message.envelope).symbols if one.name == "PRIZE"
        ]

    alice = a_user("alice")
    assert found() == []
    made = services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    assert found() == []
    now[0] += 2.5
    assert found() == ["PRIZE"]
    assert len(rules.user(alice.id)) == 0
    services.create_rule(place=Place(user=alice), rule=Rule("MY_A", Target.BODY, "x", 1.0), actor=SYSTEM)
    now[0] += 2.5
    before = rules.site()
    assert len(rules.user(alice.id)) == 1
    assert rules.site() is before
    services.disable_rule(rule=made, actor=SYSTEM)
    now[0] += 2.5
    assert found() == []


def test_asking_for_rules_costs_one_query_in_two_seconds(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    now = [0.0]
    rules = Rules(clock=lambda: now[0])
    services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    rules.site()
    with django_assert_num_queries(0):  # type: ignore[operator]
        rules.site()
        rules.user(1)
        rules.domain(1)
    now[0] += 2.5
    with django_assert_num_queries(1):  # type: ignore[operator]
        rules.site()


def test_a_rule_that_fails_repeatedly_is_switched_off_and_told() -> None:
    made = services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    assert services.note_failures({"site": {"PRIZE": engine.MOST_FAILURES - 1}}) == []
    assert services.note_failures({"site": {"PRIZE": 1}}) == ["PRIZE"]
    made.refresh_from_db()
    assert not made.is_in_use
    assert made.failed_why
    assert told()[-1] == "spam_rule.failed"
    assert queries.summary().failed >= 1
    services.enable_rule(rule=made, actor=SYSTEM)
    assert (made.failures, made.failed_why, made.is_in_use) == (0, "", True)


def test_a_process_reports_what_failed_in_it() -> None:
    services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    rules = Rules()
    rules.site().failures["PRIZE"] = engine.MOST_FAILURES
    assert rules.report() == ["PRIZE"]
    assert rules.report() == []


def test_what_failed_is_reported_by_itself() -> None:
    now = [0.0]
    services.create_rule(place=SITE, rule=PRIZE, actor=SYSTEM)
    rules = Rules(clock=lambda: now[0])
    rules.site().failures["PRIZE"] = engine.MOST_FAILURES
    now[0] += 2.5
    rules.site()
    assert told()[-1] == "spam_rule.failed"
    now[0] += 2.5
    assert len(rules.site()) == 0
