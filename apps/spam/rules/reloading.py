"""Compiled rules in a worker's memory: read again where they changed, which one query in two seconds notices.

The site's are compiled first and kept; those of domains and users come when mail for them does, and the ones used
longest ago go. Until the database answers, what was compiled last is used.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from django.db import DatabaseError
from prometheus_client import Counter

from apps.spam.models.rules import RuleClock, RulePlace, SpamRule, in_place, place_of

from .definitions import MOST_USER_SCORE, USER_PREFIX
from .engine import RuleSet, compile_rules
from .services import note_failures

log = logging.getLogger(__name__)

FAILURES = Counter(
    "mail_spam_rule_failures", "How often a rule against spam failed while mail was held against it."
)
LOOK_SECONDS = 2.0
MOST_PLACES = 64
_NOTHING = compile_rules(())


class Rules:
    """The rules of this process; safe to ask from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sets: OrderedDict[str, RuleSet] = OrderedDict()
        # Where there have ever been rules: most users have none, and are not asked about.
        self._places: set[str] = set()
        self._seen = -1
        self._looked = float("-inf")

    def site(self) -> RuleSet:
        """Return the rules of the site."""
        return self._of(place_of())

    def domain(self, domain_id: int) -> RuleSet:
        """Return what a domain adds to them."""
        return self._of(place_of(domain_id))

    def user(self, user_id: int) -> RuleSet:
        """Return what a user adds for mail of theirs."""
        return self._of(place_of(user_id=user_id))

    def _of(self, place: str) -> RuleSet:
        with self._lock:
            try:
                self._look()
                if place not in self._places:
                    return _NOTHING
                found = self._sets.get(place)
                if found is None:
                    found = _load(place)
            except DatabaseError as error:
                log.warning("rules not read", extra={"place": place, "error": type(error).__name__})
                return self._sets.get(place, _NOTHING)
            self._sets[place] = found
            self._sets.move_to_end(place)
            while len(self._sets) > MOST_PLACES:
                # The site's is asked for with every message, so it is never the oldest.
                self._sets.popitem(last=False)
            return found

    def _look(self) -> None:
        """Forget what changed, once in two seconds."""
        now = self._clock()
        if now - self._looked < LOOK_SECONDS:
            return
        version = RuleClock.objects.filter(id=1).values_list("version", flat=True).first() or 0
        if version > self._seen:
            for name in RulePlace.objects.filter(version__gt=self._seen).values_list("name", flat=True):
                self._sets.pop(name, None)
                self._places.add(name)
            self._seen = version
        self._looked = now
        self._report()

    def report(self) -> list[str]:
        """Take account of rules that failed since the last time; return those switched off."""
        with self._lock:
            return self._report()

    def _report(self) -> list[str]:
        failed = {place: counts for place, one in self._sets.items() if (counts := one.take_failures())}
        if not failed:
            return []
        for place, counts in failed.items():
            FAILURES.inc(counts.total())
            log.warning("rules failed", extra={"place": place, "rules": dict(counts)})
        off = note_failures(failed)
        if off:
            log.error("rules switched off", extra={"rules": off})
        return off


def _load(place: str) -> RuleSet:
    kind = place.partition(":")[0]
    rows = SpamRule.objects.filter(in_place(place), is_enabled=True, is_off_here=False, is_retired=False)
    compiled = compile_rules(
        [
            rule
            for rule in (row.definition() for row in rows.order_by("id"))
            # Whatever is in the table, a user's rule stays what it is.
            if kind != "user" or (rule.name.startswith(USER_PREFIX) and abs(rule.score) <= MOST_USER_SCORE)
        ]
    )
    if compiled.broken:
        log.warning("rules left out", extra={"place": place, "rules": dict(compiled.broken)})
    return compiled


rules = Rules()
"""Those of this process."""
