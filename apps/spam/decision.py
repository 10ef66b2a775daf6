"""What is done with a message for one recipient: one pure function of what was found, settings and lists.

Three promises hold whatever the numbers say. An entry that allows a sender always wins, and is named. Nobody is
refused because of our own fault: what could not be asked might have spoken for the sender. And nobody is refused on
the word of what was learned alone. Bulk mail (newsletters) is a verdict of its own and never counts as spam, nor is
what is merely unfamiliar: where the learned part abstains and nothing else speaks, mail goes to the inbox.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .lists import About, Effect, Entry, matching
from .rules.definitions import USER_PREFIX
from .symbols import UNFAMILIAR, Evidence, Sort, Source, Symbol, probability
from .thresholds import NORMAL, Action, Settings, Threshold

LEARNED = frozenset({Source.BAYES, Source.MODEL})
CORROBORATING = frozenset({Source.RULE, Source.REPUTATION, Source.ANTIVIRUS, Source.LIST})
CORROBORATION = 2.0
"""What must speak against a message besides everything learned before it is refused: as much as makes a tag."""
TELLING = 2.0
"""From what its symbols weigh on, a message is said to be phishing, or bulk mail."""
BLOCKED = "LIST_BLOCKED"
BLOCK_WEIGHT = 20.0
ONLY_ACCUSING = frozenset({"antivirus", "macros"})
"""Sources that never speak for a message: without their word nobody is refused who would not have been."""
MILDER = (Action.TAG, Action.JUNK, Action.QUARANTINE)
MOST_CHANGES = 10


class Reason(enum.StrEnum):
    """Why it is this action and none other."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    VIRUS = "virus"
    ATTACHMENT = "attachment"
    SCORE = "score"
    UNCORROBORATED = "uncorroborated"
    INCOMPLETE = "incomplete"
    UNFAMILIAR = "unfamiliar"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would have led elsewhere: `what` is a symbol, an entry of a list or a line, and whither."""

    kind: str
    """symbol, rule or threshold."""
    what: str
    by: float
    """The weight of the symbol, or how far the score is from the line."""
    action: Action


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done, and everything one may want to know about why."""

    action: Action
    score: float
    probability: float
    sort: Sort | None = None
    """What sort of unwanted it is; None: none. Bulk mail may be welcome."""
    threshold: Threshold | None = None
    """The line that decided; None where none was reached, or a rule decided."""
    reason: Reason = Reason.CLEAN
    allowed_by: Entry | None = None
    blocked_by: Entry | None = None
    abstained: bool = False
    otherwise: Action | None = None
    """What is done instead of refusing once nobody can be refused any more."""
    changes: tuple[Change, ...] = ()


NOBODY = About()


def decide(
    evidence: Evidence,
    settings: Settings = NORMAL,
    entries: Sequence[Entry] = (),
    about: About = NOBODY,
) -> Decision:
    """Decide about a message for one recipient."""
    found = matching(entries, about)
    decided = _decide(evidence, settings, found)
    return replace(decided, changes=_changes(evidence, settings, found, decided))


def _decide(evidence: Evidence, settings: Settings, found: Sequence[Entry]) -> Decision:
    allowing = next((entry for entry in found if entry.effect is Effect.ALLOW), None)
    blocking = next((entry for entry in found if entry.effect is Effect.BLOCK), None)
    if blocking is not None:
        evidence = evidence + Evidence((Symbol(BLOCKED, BLOCK_WEIGHT, Source.LIST, blocking.name),))
    score = score_of(evidence)
    decided = Decision(
        Action.INBOX,
        score,
        probability(score),
        _sort(evidence, score, settings),
        reason=Reason.CLEAN,
        blocked_by=blocking,
        abstained=_has_abstained(evidence),
    )
    if allowing is not None:
        return replace(decided, reason=Reason.ALLOWED, allowed_by=allowing, abstained=False)
    if decided.sort is Sort.VIRUS:
        hard = Action.REFUSE if settings.of(Action.REFUSE).at is not None else Action.QUARANTINE
        return replace(
            decided, action=hard, reason=Reason.VIRUS, abstained=False, otherwise=Action.QUARANTINE
        )
    action, reason = _by_score(evidence, settings, score, is_blocked=blocking is not None)
    if action is Action.INBOX and decided.abstained:
        reason = Reason.UNFAMILIAR
    line = settings.of(action) if action is not Action.INBOX else None
    return replace(
        decided,
        action=action,
        threshold=line,
        reason=reason,
        abstained=decided.abstained and action is Action.INBOX,
        otherwise=_instead(settings, score) if action is Action.REFUSE else None,
    )


def _instead(settings: Settings, score: float) -> Action:
    """Return what becomes of a message that should have been refused: it is not shown with the others."""
    return max(settings.reached(score, MILDER), Action.JUNK, key=lambda one: one.hardness)


def _by_score(
    evidence: Evidence, settings: Settings, score: float, *, is_blocked: bool
) -> tuple[Action, Reason]:
    """Return the hardest action that a score allows, and in one word why it is none harder."""
    action = settings.reached(score)
    if is_blocked:
        # An entry decides whatever is missing; someone's own entry is no lesser word than a line.
        return max(action, Action.JUNK, key=lambda one: one.hardness), Reason.BLOCKED
    if action is Action.REFUSE and any(name not in ONLY_ACCUSING for name, _ in evidence.missing):
        return settings.reached(score, MILDER), Reason.INCOMPLETE
    if action is Action.REFUSE and _is_weaker_without_own(evidence, settings):
        return settings.reached(score, MILDER), Reason.UNCORROBORATED
    if action is Action.REFUSE and corroboration(evidence) < CORROBORATION:
        return settings.reached(score, MILDER), Reason.UNCORROBORATED
    return action, Reason.CLEAN if action is Action.INBOX else Reason.SCORE


def score_of(evidence: Evidence) -> float:
    """Return the score that counts: the sum of all weights but those for bulk mail."""
    return sum((symbol.weight for symbol in evidence.symbols if symbol.sort is not Sort.BULK), 0.0)


def corroboration(evidence: Evidence) -> float:
    """Return what speaks against a message besides everything learned; what speaks for it is in the score already."""
    return sum(
        symbol.weight
        for symbol in evidence.symbols
        if symbol.source in CORROBORATING
        and symbol.weight > 0
        and symbol.sort is not Sort.BULK
        and not _is_own(symbol)
    )


def _is_own(symbol: Symbol) -> bool:
    """Whether a rule of the mailbox's owner said so: it moves their mail, and sends none of it back."""
    return symbol.source is Source.RULE and symbol.name.startswith(USER_PREFIX)


def _is_weaker_without_own(evidence: Evidence, settings: Settings) -> bool:
    rest = [symbol for symbol in evidence.symbols if not (_is_own(symbol) and symbol.weight > 0)]
    if len(rest) == len(evidence.symbols):
        return False
    return settings.reached(score_of(replace(evidence, symbols=tuple(rest)))) is not Action.REFUSE


def _sort(evidence: Evidence, score: float, settings: Settings) -> Sort | None:
    if any(symbol.sort is Sort.VIRUS and symbol.weight > 0 for symbol in evidence.symbols):
        return Sort.VIRUS
    line = settings.of(Action.TAG).at
    if score >= (TELLING if line is None else line):
        return Sort.PHISHING if evidence.of(Sort.PHISHING) >= TELLING else Sort.SPAM
    return Sort.BULK if evidence.of(Sort.BULK) >= TELLING else None


def _has_abstained(evidence: Evidence) -> bool:
    return any(symbol.name == UNFAMILIAR and symbol.source in LEARNED for symbol in evidence.symbols)


def _changes(
    evidence: Evidence, settings: Settings, found: Sequence[Entry], decided: Decision
) -> tuple[Change, ...]:
    """Return what alone would have led elsewhere: an entry less, a symbol less, a line elsewhere."""
    changes = []
    if found:
        without = _decide(evidence, settings, ())
        by = decided.allowed_by or decided.blocked_by
        if by is not None and without.action is not decided.action:
            changes.append(Change("rule", by.name, 0.0, without.action))
    if decided.allowed_by is None:
        changes += _symbols(evidence, settings, found, decided)
        changes += _lines(settings, decided)
    return tuple(changes)


def _symbols(
    evidence: Evidence, settings: Settings, found: Sequence[Entry], decided: Decision
) -> list[Change]:
    changes = []
    # The heaviest alone: this is done for every recipient, and nobody reads about the tenth.
    places = sorted(range(len(evidence.symbols)), key=lambda place: -abs(evidence.symbols[place].weight))
    for place in places[:MOST_CHANGES]:
        symbol = evidence.symbols[place]
        rest = evidence.symbols[:place] + evidence.symbols[place + 1 :]
        action = _decide(replace(evidence, symbols=rest), settings, found).action
        if action is not decided.action:
            changes.append(Change("symbol", symbol.name, symbol.weight, action))
    return changes


def _lines(settings: Settings, decided: Decision) -> list[Change]:
    """Return the nearest line above the score, and the one that was reached, with how far each is."""
    changes = []
    above = [
        (line.at - decided.score, action)
        for action, line in settings.thresholds.items()
        if line.at is not None and line.at > decided.score and action.hardness > decided.action.hardness
    ]
    if above:
        by, action = min(above)
        changes.append(Change("threshold", action.value, by, action))
    if (
        decided.threshold is not None
        and decided.threshold.at is not None
        and decided.reason is not Reason.BLOCKED
    ):
        milder = [one for one in settings.thresholds if one.hardness < decided.action.hardness]
        below = settings.reached(decided.score, milder)
        if below is not decided.action:
            changes.append(
                Change("threshold", decided.action.value, decided.threshold.at - decided.score, below)
            )
    return changes
