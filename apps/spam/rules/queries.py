"""Rules as lists show them, and in words for whoever asks why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.accounts.permissions import Noun, Reach, Target
from apps.spam.models.rules import RuleFeed, SpamRule


def target_of_rule(rule: SpamRule) -> Target:
    """Return a rule as something to act upon: the site's lies nowhere, a user's is nobody's but theirs."""
    if rule.domain is not None:
        return Target(Noun.RULE, rule.domain.organisation_id, rule.domain_id)
    return Target(Noun.RULE, user_id=rule.user_id)


def rules_in(reach: Reach) -> QuerySet[SpamRule]:
    """Return the rules within reach, with their places: other users' own are in nobody's but a superadmin's."""
    found = SpamRule.objects.filter(is_retired=False).select_related("domain", "user")
    if reach.is_everything:
        return found
    return found.filter(
        Q(domain__organisation_id__in=reach.organisation_ids)
        | Q(domain_id__in=reach.domain_ids)
        | Q(user_id__isnull=False, user_id=reach.user_id)
    )


def site_rules(rows: QuerySet[SpamRule]) -> QuerySet[SpamRule]:
    """Keep the rules of the site."""
    return rows.filter(domain=None, user=None)


def of_place(rows: QuerySet[SpamRule], place: str) -> QuerySet[SpamRule]:
    """Keep rules of the site, of domains, or of users; any where no place is named."""
    match place:
        case "site":
            return site_rules(rows)
        case "domain":
            return rows.filter(domain__isnull=False)
        case "user":
            return rows.filter(user__isnull=False)
        case _:
            return rows


def find_rules(rows: QuerySet[SpamRule], text: str) -> QuerySet[SpamRule]:
    """Keep rules whose name, description or expression holds this text."""
    text = text.strip()
    if not text:
        return rows
    return rows.filter(
        Q(name__icontains=text) | Q(description__icontains=text) | Q(expression__icontains=text)
    )


@dataclass(frozen=True, slots=True)
class Described:
    """What a rule's symbol says, in words of the reader's language."""

    name: str
    description: str
    score: float
    rule_id: int
    place: str


def describe(names: Collection[str], *, places: Iterable[str] = ("site",)) -> dict[str, Described]:
    """Return the rules behind symbols by name; where places have rules of one name, the narrowest is told."""
    wanted = set(places)
    found = {}
    order = {"user": 2, "domain": 1, "site": 0}
    rows = [row for row in SpamRule.objects.filter(name__in=names) if row.place in wanted]
    for row in sorted(rows, key=lambda row: order[row.place.partition(":")[0]]):
        found[row.name] = Described(row.name, row.said, row.weight, row.id, row.place)
    return found


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rules there are, and how they do."""

    in_use: int
    off: int
    failed: int
    own: int
    feed_version: int | None


def summary() -> Summary:
    """Return how the rules of the site are; three queries."""
    rows = site_rules(SpamRule.objects.filter(is_retired=False))
    total = rows.count()
    flags = list(rows.values_list("is_enabled", "is_off_here", "failed_why", "origin"))
    in_use = sum(is_on and not is_off for is_on, is_off, _, _ in flags)
    feed = RuleFeed.objects.filter(is_current=True).values_list("version", flat=True).first()
    return Summary(
        in_use,
        total - in_use,
        sum(bool(why) for _, _, why, _ in flags),
        sum(origin == SpamRule.Origin.OWN for *_, origin in flags),
        feed,
    )


def feeds() -> QuerySet[RuleFeed]:
    """Return the versions of the feed that are kept, the newest first, without their documents."""
    return RuleFeed.objects.defer("body").order_by("-version")
