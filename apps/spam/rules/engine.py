"""Thousands of rules held against a message: literals first, and only what they leave open is searched for.

Rules of one target share a prefilter: one pass over the text says which of them can match at all (it knows a word
each of them needs), and those few are searched for one by one, which also says what was found. Never raises: a rule
that fails is neutral, said in the evidence, counted, and left out after some failures.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from apps.spam.symbols import Evidence, Source, Symbol

from . import meta
from .definitions import Envelope, Rule, RuleError, Target, check_form
from .networks import Networks
from .patterns import Pattern, compile_pattern
from .texts import LINES, Key, Reading, texts_of

if TYPE_CHECKING:
    from .prefilter import Prefilter

SECONDS = 0.5
"""So long a message may take; what has not been asked then is missing."""
RULE_SECONDS = 0.1
"""A single search that takes longer has failed, whatever it found."""
MOST_FAILURES = 5
MOST_DETAIL = 120
_ALONE = 6


class RuleSet:
    """Compiled rules; one for the site, and one for each domain and user that has any."""

    def __init__(self, rules: Sequence[Rule], *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._broken: dict[str, str] = {}
        self._networks = Networks()
        self._metas: dict[str, meta.Node] = {}
        self._rules: dict[str, Rule] = {}
        self.failures: Counter[str] = Counter()
        """How often each rule has failed, to be taken away by who keeps account of it."""
        self._failed: Counter[str] = Counter()
        by_key: dict[Key, list[tuple[str, Pattern]]] = {}
        self._clients: list[str] = []
        for rule in rules:
            try:
                self._add(rule, by_key)
            except RuleError as error:
                self._broken.setdefault(rule.name, str(error))
        order, circles = meta.in_order(self._metas)
        for name, why in circles.items():
            self._broken[name] = why
            del self._rules[name]
        self._order = [_Meta(name, self._metas[name]) for name in order]
        self._places = {name: place for place, name in enumerate(self._rules)}
        self._groups = [_Group(key, patterns) for key, patterns in by_key.items()]
        self._keys = list(by_key)

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def broken(self) -> tuple[tuple[str, str], ...]:
        """Rules that could not be compiled, and why; they are left out."""
        return tuple(self._broken.items())

    def _add(self, rule: Rule, by_key: dict[Key, list[tuple[str, Pattern]]]) -> None:
        check_form(rule)
        if rule.name in self._rules:
            raise RuleError("there are two rules of this name")
        match rule.target:
            case Target.META:
                self._metas[rule.name] = meta.parse(rule.expression)
            case Target.CLIENT:
                self._networks.add(rule.expression, len(self._clients))
                self._clients.append(rule.name)
            case _:
                pattern = compile_pattern(rule.expression, by_line=rule.target in LINES, is_known=True)
                by_key.setdefault((rule.target, rule.header), []).append((rule.name, pattern))
        self._rules[rule.name] = rule

    def match(self, reading: Reading, envelope: Envelope, symbols: Collection[str] = ()) -> Evidence:
        """Return what these rules find in a message, given the names of what others found already."""
        found = self.find(reading, envelope, symbols)
        told = [
            Symbol(name, rule.score, Source.RULE, found.details[name], rule.sort)
            for name in sorted(found.details, key=self._places.__getitem__)
            if (rule := self._rules[name]).score
        ]
        return Evidence(tuple(told), tuple(found.missing))

    def find(self, reading: Reading, envelope: Envelope, symbols: Collection[str] = ()) -> "Found":
        """Return every rule that matches, with what it found; bricks, too."""
        found = Found(self._clock)
        try:
            texts = texts_of(reading, envelope, self._keys)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message is judged without
            found.missing.append(("rules", f"the message could not be read: {type(error).__name__}"))
            texts = {}
        for group in self._groups:
            if (text := texts.get(group.key)) is not None:
                group.find(text, found, self._fail, self._failed)
        for number in self._networks.find(envelope.address):
            found.details.setdefault(self._clients[number], envelope.address)
        self._ask_metas(found, set(symbols))
        return found

    def _ask_metas(self, found: "Found", names: set[str]) -> None:
        names.update(found.details)
        for one in self._order:
            if not one.can_hold(names) or self._failed[one.name] >= MOST_FAILURES:
                continue
            try:
                holds = one.tree.holds(names)
            except Exception as error:  # noqa: BLE001 - one rule's fault is nobody else's
                self._fail(one.name, type(error).__name__, found)
                continue
            if holds:
                names.add(one.name)
                found.details[one.name] = ", ".join(sorted(one.names & names))[:MOST_DETAIL]

    def _fail(self, name: str, why: str, found: "Found") -> None:
        found.missing.append((f"rule {name}", why))
        self.failures[name] += 1
        self._failed[name] += 1

    def take_failures(self) -> Counter[str]:
        """Return how often rules failed since this was asked last."""
        taken, self.failures = self.failures, Counter()
        return taken


class Found:
    """What a run has found so far, and how long it may go on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.until = clock() + SECONDS
        self.details: dict[str, str] = {}
        self.missing: list[tuple[str, str]] = []


class _Meta:
    """An expression over names, asked only when something it speaks of was found, or if it may hold without."""

    __slots__ = ("always", "name", "names", "tree")

    def __init__(self, name: str, tree: meta.Node) -> None:
        self.name, self.tree = name, tree
        self.names = frozenset(tree.names())
        self.always = tree.holds(())

    def can_hold(self, found: set[str]) -> bool:
        """Whether it is worth asking: what holds of nothing does not hold of other things."""
        return self.always or not self.names.isdisjoint(found)


class _Group:
    """The rules of one target."""

    __slots__ = ("_filter", "_rules", "key")

    def __init__(self, key: Key, rules: list[tuple[str, Pattern]]) -> None:
        self.key, self._rules = key, rules
        many = len(rules) > _ALONE
        self._filter = _prefilter(pattern for _, pattern in rules) if many else None

    def find(
        self, text: bytes, found: Found, fail: Callable[[str, str, Found], None], failed: Counter[str]
    ) -> None:
        """Add what matches."""
        clock, details = found.clock, found.details
        now = clock()
        for number in self._candidates(text):
            name, pattern = self._rules[number]
            if failed and failed[name] >= MOST_FAILURES:
                continue
            if now > found.until:
                found.missing.append(("rules", f"no time was left for all about {self.key[0]}"))
                return
            try:
                span = pattern.find(text)
            except Exception as error:  # noqa: BLE001 - one rule's fault is nobody else's
                fail(name, type(error).__name__, found)
                continue
            begun, now = now, clock()
            if now - begun > RULE_SECONDS:
                fail(name, "it took too long", found)
            elif span is not None:
                details[name] = text[span[0] : min(span[1], span[0] + MOST_DETAIL)].decode("utf-8", "replace")

    def _candidates(self, text: bytes) -> Iterable[int]:
        return range(len(self._rules)) if self._filter is None else self._filter.candidates(text)


def _prefilter(patterns: Iterable[Pattern]) -> "Prefilter":
    # It needs numpy, which a process that has no more than a few rules does without.
    from .prefilter import Prefilter

    return Prefilter([pattern.text for pattern in patterns])


def compile_rules(rules: Iterable[Rule], *, clock: Callable[[], float] = time.perf_counter) -> RuleSet:
    """Compile rules; what cannot be is left out and told by `broken`."""
    return RuleSet(list(rules), clock=clock)


def check(rule: Rule) -> None:
    """Refuse a rule that cannot be used; raises RuleError, which says why."""
    check_form(rule)
    match rule.target:
        case Target.META:
            if rule.name in set(meta.parse(rule.expression).names()):
                raise RuleError("it goes in a circle: it speaks of itself")
        case Target.CLIENT:
            Networks().add(rule.expression, 0)
        case _:
            pattern = compile_pattern(rule.expression, by_line=rule.target in LINES)
            if rule.target not in LINES and pattern.find(b"") is not None:
                raise RuleError("it matches everything, even nothing")
