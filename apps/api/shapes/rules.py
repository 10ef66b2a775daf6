"""Rules against spam as the API shows and takes them."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from apps.spam.models import SpamRule
from apps.spam.rules.definitions import (
    MOST_EXPRESSION,
    MOST_SAMPLE,
    MOST_SAMPLES,
    MOST_SCORE,
    Rule,
    Samples,
    Target,
)
from apps.spam.symbols import Sort

from .fields import MOST_BYTES, StrictShape

TARGETS = [one.value for one in Target]
SORTS = [one.value for one in Sort if one is not Sort.VIRUS]
PLACES = ("site", "domain", "user")


class SamplesShape(StrictShape):
    """Texts a rule must match, and texts it must not."""

    match = serializers.ListField(
        child=serializers.CharField(max_length=MOST_SAMPLE), max_length=MOST_SAMPLES, default=list
    )
    miss = serializers.ListField(
        child=serializers.CharField(max_length=MOST_SAMPLE), max_length=MOST_SAMPLES, default=list
    )


class RuleShape(serializers.Serializer[SpamRule]):
    """A rule."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True, help_text="The name of its symbol.")
    place = serializers.SerializerMethodField(help_text="Whose mail it moves.")
    domain_id = serializers.IntegerField(read_only=True, allow_null=True)
    user_id = serializers.IntegerField(read_only=True, allow_null=True)
    target = serializers.ChoiceField(choices=TARGETS, read_only=True)
    header = serializers.CharField(read_only=True, help_text="Which header, where that is the target.")
    expression = serializers.CharField(read_only=True)
    score = serializers.FloatField(
        source="weight", read_only=True, help_text="In nats of log-odds; 0 is a brick for other rules."
    )
    feed_score = serializers.SerializerMethodField(help_text="What the feed says, where it was overruled.")
    sort = serializers.ChoiceField(choices=SORTS, read_only=True, help_text="What it speaks for.")
    description = serializers.CharField(read_only=True)
    samples = serializers.SerializerMethodField()
    origin = serializers.ChoiceField(choices=SpamRule.Origin.values, read_only=True)
    group = serializers.CharField(read_only=True, help_text="Where a feed keeps it.")
    is_enabled = serializers.BooleanField(source="is_in_use", read_only=True)
    failures = serializers.IntegerField(read_only=True)
    failed_why = serializers.CharField(read_only=True, help_text="Why it was switched off by itself.")
    created_at = serializers.DateTimeField(read_only=True)
    changed_at = serializers.DateTimeField(read_only=True)

    def get_place(self, rule: SpamRule) -> str:
        """Say where it counts."""
        return rule.place.partition(":")[0]

    def get_feed_score(self, rule: SpamRule) -> float | None:
        """Return the score that does not count."""
        return rule.score if rule.own_score is not None else None

    def get_samples(self, rule: SpamRule) -> dict[str, list[str]]:
        """Return both kinds."""
        return {"match": rule.samples_match, "miss": rule.samples_miss}


class RuleFieldsShape(StrictShape):
    """What a rule says."""

    target = serializers.ChoiceField(choices=TARGETS)
    header = serializers.CharField(max_length=64, default="", allow_blank=True)
    expression = serializers.CharField(
        max_length=MOST_EXPRESSION,
        trim_whitespace=False,
        help_text="RE2, read without case; networks for `client`; names with and, or, not, `>=n of (...)` for `meta`.",
    )
    score = serializers.FloatField(min_value=-MOST_SCORE, max_value=MOST_SCORE, default=0.0)
    sort = serializers.ChoiceField(choices=SORTS, default=Sort.SPAM.value)
    description = serializers.CharField(max_length=300, default="", allow_blank=True)
    samples = SamplesShape(default=dict)


class NewRuleShape(RuleFieldsShape):
    """A rule to make: of the site, unless it names a domain or is one's own."""

    name = serializers.CharField(
        max_length=64, help_text="Capitals, digits and underscores; one's own begin with `MY_`."
    )
    place = serializers.ChoiceField(choices=PLACES, default="site")
    domain_id = serializers.IntegerField(min_value=1, max_value=MOST_BYTES, required=False)
    is_enabled = serializers.BooleanField(default=True)


class RuleTryShape(NewRuleShape):
    """A rule that is only tried, and texts to hold it against."""

    name = serializers.CharField(max_length=64, default="MY_TRY")
    texts = serializers.ListField(
        child=serializers.CharField(max_length=MOST_SAMPLE, trim_whitespace=False),
        max_length=MOST_SAMPLES,
        default=list,
    )


class RuleChangeShape(StrictShape):
    """What may be changed of a rule; of one from the feed, its score and whether it is in use."""

    target = serializers.ChoiceField(choices=TARGETS, required=False)
    header = serializers.CharField(max_length=64, required=False, allow_blank=True)
    expression = serializers.CharField(max_length=MOST_EXPRESSION, required=False, trim_whitespace=False)
    score = serializers.FloatField(
        min_value=-MOST_SCORE,
        max_value=MOST_SCORE,
        required=False,
        allow_null=True,
        help_text="null gives a rule of the feed its score back.",
    )
    sort = serializers.ChoiceField(choices=SORTS, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    samples = SamplesShape(required=False)
    is_enabled = serializers.BooleanField(required=False)


class OutcomeShape(serializers.Serializer[Any]):
    """What became of a sample."""

    text = serializers.CharField()
    is_wanted = serializers.BooleanField(help_text="Whether the rule must match it.")
    is_found = serializers.BooleanField(help_text="Whether it does.")


class TriedTextShape(serializers.Serializer[Any]):
    """A text, and whether the rule matches it."""

    text = serializers.CharField()
    is_found = serializers.BooleanField()


class TriedShape(serializers.Serializer[Any]):
    """What trying a rule showed."""

    samples = OutcomeShape(many=True)
    texts = TriedTextShape(many=True)


class RulesQuery(serializers.Serializer[Any]):
    """Which rules."""

    search = serializers.CharField(
        default="", max_length=100, allow_blank=True, help_text="In name, description or expression."
    )
    place = serializers.ChoiceField(choices=PLACES, required=False, help_text="Only of such places.")


def rule_of(wanted: dict[str, Any]) -> Rule:
    """Return what a body describes."""
    return Rule(
        wanted["name"],
        Target(wanted["target"]),
        wanted["expression"],
        wanted["score"],
        wanted["header"],
        Sort(wanted["sort"]),
        wanted["description"],
        samples_of(wanted["samples"]),
    )


def samples_of(found: dict[str, Any]) -> Samples:
    """Return samples as a rule has them."""
    return Samples(tuple(found.get("match", ())), tuple(found.get("miss", ())))


def changes_of(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return changes as the service takes them."""
    reads: dict[str, Callable[[Any], Any]] = {"target": Target, "sort": Sort, "samples": samples_of}
    return {
        name: reads[name](value) if name in reads else value
        for name, value in wanted.items()
        if name != "is_enabled"
    }
