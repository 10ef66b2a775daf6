"""/spam/rules: patterns and networks that speak for or against a message."""

from typing import Any

from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import Noun, Target, Verb, may
from apps.api import examples
from apps.api.lookup import named_domain, one
from apps.api.operations import asked, given, operation
from apps.api.paging import page
from apps.api.permission import actor_of, demand, demand_fields, demand_seen, in_reach, subject, user_of
from apps.api.shapes.rules import (
    NewRuleShape,
    RuleChangeShape,
    RuleShape,
    RulesQuery,
    RuleTryShape,
    TriedShape,
    changes_of,
    rule_of,
)
from apps.spam.models import SpamRule
from apps.spam.rules import queries, services
from apps.spam.rules.services import SITE, Place

FULL = SpamRule.objects.filter(is_retired=False).select_related("domain", "user")
BODY = {
    "name": "PARCEL_FEE",
    "target": "body",
    "expression": "parcel.{0,80}customs fee",
    "score": 1.5,
    "sort": "phishing",
    "description": "Asks for a fee before a parcel is delivered",
    "samples": {"match": ["Your parcel: pay the customs fee"], "miss": ["Your parcel is here"]},
    "place": "domain",
    "domain_id": 3,
}


class RulesView(APIView):
    """All of them."""

    @operation(
        "rules_list",
        scope="filter:read",
        tag="Spam rules",
        summary="List rules",
        query=RulesQuery,
        answer=RuleShape,
        answer_example=examples.page(examples.RULE),
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        """Your own, and those of the places where you have a role."""
        wanted = asked(RulesQuery, request)
        rows = queries.find_rules(queries.rules_in(in_reach(request, Noun.RULE)), wanted["search"])
        return page(request, queries.of_place(rows, wanted.get("place", "")), RuleShape)

    @operation(
        "rules_create",
        scope="filter:write",
        tag="Spam rules",
        summary="Make a rule",
        body=NewRuleShape,
        body_example=BODY,
        answer=RuleShape,
        answer_example=examples.RULE,
        status=201,
        is_once=True,
        problem=("forbidden", "already_exists", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Make a rule; one that cannot be compiled, or does not do what its samples say, is refused."""
        wanted = given(NewRuleShape, request)
        made = services.create_rule(
            place=_place(request, wanted, Verb.CREATE),
            rule=rule_of(wanted),
            is_enabled=wanted["is_enabled"],
            actor=actor_of(request),
        )
        made.refresh_from_db()
        return Response(RuleShape(made).data, 201)


class RuleTestView(APIView):
    """A rule that is not kept."""

    @operation(
        "rules_test",
        scope="filter:write",
        tag="Spam rules",
        summary="Test a rule against samples",
        body=RuleTryShape,
        body_example=BODY | {"texts": ["Pay the customs fee for your parcel"]},
        answer=TriedShape,
        answer_example={
            "samples": [
                {"text": "Your parcel: pay the customs fee", "is_wanted": True, "is_found": True},
                {"text": "Your parcel is here", "is_wanted": False, "is_found": False},
            ],
            "texts": [{"text": "Pay the customs fee for your parcel", "is_found": False}],
        },
        problem=("forbidden", "refused"),
    )
    def post(self, request: Request) -> Response:
        """Say what a rule makes of its samples and of other texts; nothing is kept."""
        wanted = given(RuleTryShape, request)
        place = _place(request, wanted, Verb.CREATE)
        outcomes, found = services.try_rule(place=place, rule=rule_of(wanted), texts=wanted["texts"])
        texts = [
            {"text": text, "is_found": is_found}
            for text, is_found in zip(wanted["texts"], found, strict=True)
        ]
        return Response(TriedShape({"samples": outcomes, "texts": texts}).data)


class RuleView(APIView):
    """One of them."""

    @operation(
        "rules_read",
        scope="filter:read",
        tag="Spam rules",
        summary="Read a rule",
        answer=RuleShape,
        answer_example=examples.RULE,
    )
    def get(self, request: Request, rule_id: int) -> Response:
        """Read one rule."""
        found = one(FULL, id=rule_id)
        demand(request, Verb.VIEW, queries.target_of_rule(found))
        return Response(RuleShape(found).data)

    @operation(
        "rules_change",
        scope="filter:write",
        tag="Spam rules",
        summary="Change a rule",
        body=RuleChangeShape,
        body_example={"score": 0.5},
        answer=RuleShape,
        answer_example=examples.RULE | {"score": 0.5},
        problem=("forbidden", "refused"),
    )
    def patch(self, request: Request, rule_id: int) -> Response:
        """Change what it says, or switch it off or on; what its samples no longer hold for is refused."""
        found = one(FULL, id=rule_id)
        target, actor = queries.target_of_rule(found), actor_of(request)
        demand_seen(request, target)
        wanted = given(RuleChangeShape, request)
        demand_fields(request, target, wanted, {"is_enabled": Verb.DISABLE})
        if changes := changes_of(wanted):
            services.change_rule(rule=found, changes=changes, actor=actor)
        if "is_enabled" in wanted:
            switch = services.enable_rule if wanted["is_enabled"] else services.disable_rule
            switch(rule=found, actor=actor)
        return Response(RuleShape(found).data)

    @operation(
        "rules_delete",
        scope="filter:write",
        tag="Spam rules",
        summary="Delete a rule",
        problem=("forbidden", "refused"),
    )
    def delete(self, request: Request, rule_id: int) -> Response:
        """Remove a rule that did not come from the feed."""
        found = one(FULL, id=rule_id)
        demand(request, Verb.DELETE, queries.target_of_rule(found))
        services.delete_rule(rule=found, actor=actor_of(request))
        return Response(status=204)


def _place(request: Request, wanted: dict[str, Any], verb: Verb) -> Place:
    """Return the place a body names, if something may be done there."""
    if (wanted["place"] == "domain") != ("domain_id" in wanted):
        raise ValidationError({"domain_id": ["A rule of a domain names it, and no other does."]})
    match wanted["place"]:
        case "domain":
            domain = named_domain(request, wanted["domain_id"])
            place, target = Place(domain=domain), Target(Noun.RULE, domain.organisation_id, domain.id)
        case "user":
            place, target = Place(user=user_of(request)), Target(Noun.RULE, user_id=user_of(request).id)
        case _:
            place, target = SITE, Target(Noun.RULE)
    if not may(subject(request), verb, target):
        raise PermissionDenied
    return place
