"""Rules made, changed, switched and removed; each save refuses a rule that cannot be used or breaks its samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.domains.models import Domain
from apps.events import audit
from apps.organisations.errors import AlreadyExistsError, DirectoryError
from apps.spam.models.rules import RuleClock, RulePlace, SpamRule, in_place

from . import engine, meta
from .definitions import MOST_USER_SCORE, USER_PREFIX, Rule, RuleError, Target
from .samples import Outcome, check_samples, held, outcomes

MOST_OF_A_USER = 200
MOST_OF_A_PLACE = 5000
MOST_DESCRIPTION = 300
FIELDS = frozenset({"target", "header", "expression", "score", "sort", "description", "samples"})
"""What may be changed of a rule of one's own."""


class RuleRefusedError(DirectoryError):
    """A rule that cannot be kept; its text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule counts: on the site, in a domain, or for a user's own mail."""

    domain: Domain | None = None
    user: User | None = None

    @property
    def by(self) -> dict[str, Any]:
        """Return it as a filter."""
        return {"domain": self.domain, "user": self.user}


SITE = Place()


def target_of(rule: SpamRule) -> audit.Target:
    """Return how the audit trail names a rule."""
    organisation = (
        rule.domain.organisation_id if rule.domain else rule.user.organisation_id if rule.user else None
    )
    return audit.Target("spam_rule", rule.id, rule.name, organisation)


def create_rule(*, place: Place, rule: Rule, is_enabled: bool = True, actor: audit.Actor) -> SpamRule:
    """Make a rule; raises RuleRefusedError, which says why it cannot be."""
    _check(place, rule)
    try:
        with transaction.atomic():
            # Who changes rules waits here for each other, so that two cannot both be the last that fits.
            touch([_name_of(place)])
            most = MOST_OF_A_USER if place.user else MOST_OF_A_PLACE
            if SpamRule.objects.filter(**place.by).count() >= most:
                raise RuleRefusedError(f"there are {most} rules here already, and no room for more")
            made = SpamRule.objects.create(
                **place.by,
                **columns_of(rule),
                name=rule.name,
                is_enabled=is_enabled,
                origin=SpamRule.Origin.OWN,
            )
            audit.record(actor=actor, action="spam_rule.create", target=target_of(made), details=_told(rule))
    except IntegrityError:
        raise AlreadyExistsError(f"there is a rule {rule.name} already") from None
    return made


def change_rule(*, rule: SpamRule, changes: Mapping[str, Any], actor: audit.Actor) -> None:
    """Change a rule of one's own; `changes` are fields of Rule. Of a rule of the feed only the score may differ."""
    if unknown := set(changes) - FIELDS:
        raise RuleRefusedError(f"a rule's {', '.join(sorted(unknown))} cannot be changed")
    if rule.origin == SpamRule.Origin.FEED:
        if set(changes) != {"score"}:
            raise RuleRefusedError("a rule of the feed comes from there: only its score may be changed here")
        override_score(rule=rule, score=changes["score"], actor=actor)
        return
    if "score" in changes and changes["score"] is None:
        raise RuleRefusedError("only a rule of the feed has a score to go back to")
    before = rule.definition()
    after = replace(before, **changes)
    _check(Place(rule.domain, rule.user), after)
    with transaction.atomic():
        touch([rule.place])
        # A changed rule gets another chance.
        SpamRule.objects.filter(id=rule.id).update(
            **columns_of(after), failures=0, failed_why="", changed_at=Now()
        )
        audit.record(
            actor=actor,
            action="spam_rule.change",
            target=target_of(rule),
            details={"before": _told(before), "after": _told(after)},
        )
    rule.refresh_from_db()


def override_score(*, rule: SpamRule, score: float | None, actor: audit.Actor) -> None:
    """Give a rule of the feed another score, which its updates leave alone; None goes back to the feed's."""
    if rule.origin != SpamRule.Origin.FEED:
        raise RuleRefusedError("only a rule of the feed has a score beside its own")
    if score is not None:
        _check(SITE, replace(rule.definition(), score=score), with_samples=False)
    with transaction.atomic():
        touch([rule.place])
        SpamRule.objects.filter(id=rule.id).update(own_score=score, changed_at=Now())
        audit.record(
            actor=actor,
            action="spam_rule.score",
            target=target_of(rule),
            details={"before": f"{rule.weight:g}", "after": f"{rule.score if score is None else score:g}"},
        )
    rule.own_score = score


def enable_rule(*, rule: SpamRule, actor: audit.Actor) -> None:
    """Let mail be held against a rule again; what failed before is forgotten."""
    _switch(rule, on=True, actor=actor)


def disable_rule(*, rule: SpamRule, actor: audit.Actor) -> None:
    """Hold no mail against a rule any more."""
    _switch(rule, on=False, actor=actor)


def delete_rule(*, rule: SpamRule, actor: audit.Actor) -> None:
    """Remove a rule of one's own."""
    if rule.origin == SpamRule.Origin.FEED:
        raise RuleRefusedError("a rule of the feed would come back: switch it off instead")
    with transaction.atomic():
        touch([rule.place])
        if SpamRule.objects.filter(id=rule.id).delete()[0]:
            audit.record(
                actor=actor,
                action="spam_rule.delete",
                target=target_of(rule),
                details=_told(rule.definition()),
            )


def try_rule(*, place: Place, rule: Rule, texts: Iterable[str] = ()) -> tuple[list[Outcome], list[bool]]:
    """Return what became of a rule's samples, and which of these texts it matches; nothing is kept."""
    try:
        engine.check(rule)
        others = _others(place, rule)
        return outcomes(rule, others), held(rule, texts, others)
    except RuleError as error:
        raise RuleRefusedError(str(error)) from None


def note_failures(failed: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Count failures of rules by place and name, and switch off those that fail repeatedly; return their names."""
    off = []
    with transaction.atomic():
        for name, counts in failed.items():
            rows = SpamRule.objects.select_for_update(of=("self",)).filter(
                in_place(name), name__in=counts, is_enabled=True
            )
            for rule in rows.select_related("domain", "user"):
                SpamRule.objects.filter(id=rule.id).update(failures=F("failures") + counts[rule.name])
                if rule.failures + counts[rule.name] >= engine.MOST_FAILURES:
                    off.append(rule)
        if off:
            touch({rule.place for rule in off})
        for rule in off:
            why = f"it failed {engine.MOST_FAILURES} times or more"
            SpamRule.objects.filter(id=rule.id).update(is_enabled=False, failed_why=why, changed_at=Now())
            audit.record(
                actor=audit.SYSTEM, action="spam_rule.failed", target=target_of(rule), details={"reason": why}
            )
    return [rule.name for rule in off]


def touch(places: Iterable[str]) -> None:
    """Say that the rules of these places changed; workers compile them anew within seconds of COMMIT."""
    RuleClock.objects.get_or_create(id=1)
    RuleClock.objects.filter(id=1).update(version=F("version") + 1)
    version = RuleClock.objects.values_list("version", flat=True).get(id=1)
    for name in sorted(places):
        RulePlace.objects.update_or_create(name=name, defaults={"version": version})


def _switch(rule: SpamRule, *, on: bool, actor: audit.Actor) -> None:
    if rule.is_in_use == on:
        return
    with transaction.atomic():
        touch([rule.place])
        is_feeds = rule.origin == SpamRule.Origin.FEED
        # A feed's rule keeps what the feed says of it; our word about it stands beside.
        columns = {"is_off_here": not on} if is_feeds else {"is_enabled": on}
        if on:
            columns["is_enabled"] = True
        SpamRule.objects.filter(id=rule.id).update(**columns, failures=0, failed_why="", changed_at=Now())
        action = f"spam_rule.{'enable' if on else 'disable'}"
        audit.record(actor=actor, action=action, target=target_of(rule))
    rule.refresh_from_db()


def _check(place: Place, rule: Rule, *, with_samples: bool = True) -> None:
    if place.user:
        if not rule.name.startswith(USER_PREFIX):
            raise RuleRefusedError(f"the name of a rule of one's own begins with {USER_PREFIX}")
        if abs(rule.score) > MOST_USER_SCORE:
            raise RuleRefusedError(f"a score lies between -{MOST_USER_SCORE:g} and {MOST_USER_SCORE:g}")
    elif rule.name.startswith(USER_PREFIX):
        raise RuleRefusedError(f"names that begin with {USER_PREFIX} are for rules of users")
    if len(rule.description) > MOST_DESCRIPTION:
        raise RuleRefusedError("a description has at most 300 characters")
    if any(
        "\0" in text for text in (rule.expression, rule.description, *rule.samples.match, *rule.samples.miss)
    ):
        raise RuleRefusedError("a NUL has no place in a rule")
    try:
        engine.check(rule)
        others = _others(place, rule)
        if rule.target is Target.META:
            _check_circle(rule, others)
        if with_samples:
            check_samples(rule, others)
    except RuleError as error:
        raise RuleRefusedError(str(error)) from None


def _check_circle(rule: Rule, others: Iterable[Rule]) -> None:
    trees = {rule.name: meta.parse(rule.expression)}
    for one in others:
        if one.target is Target.META and one.name != rule.name:
            trees[one.name] = meta.parse(one.expression)
    if why := meta.in_order(trees)[1].get(rule.name):
        raise RuleError(why)


def _others(place: Place, rule: Rule) -> list[Rule]:
    """Return what an expression over names may speak of; a rule of another kind speaks of nobody."""
    if rule.target is not Target.META:
        return []
    rows = SpamRule.objects.filter(is_retired=False).filter(Q(domain=None, user=None) | Q(**place.by))
    return [row.definition() for row in rows.order_by("id")]


def columns_of(rule: Rule) -> dict[str, Any]:
    """Return a rule as its row keeps it, without its name."""
    return {
        "target": rule.target.value,
        "header": rule.header,
        "expression": rule.expression,
        "score": rule.score,
        "sort": rule.sort.value,
        "description": rule.description,
        "samples_match": list(rule.samples.match),
        "samples_miss": list(rule.samples.miss),
    }


def _told(rule: Rule) -> dict[str, Any]:
    """Return a rule for the audit trail, which keeps no fractions: they are written as text."""
    about = f"{rule.target}:{rule.header}" if rule.header else rule.target.value
    return {
        "about": about,
        "expression": rule.expression,
        "score": f"{rule.score:g}",
        "sort": rule.sort.value,
    }


def _name_of(place: Place) -> str:
    return SpamRule(**place.by).place
