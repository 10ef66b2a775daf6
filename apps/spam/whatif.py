"""What other lines would have done with the mail of the last days: arithmetic on what was found then.

Nothing is read again: judgements keep their scores. What a list decided stays as it was, and refusing needs as much
beside what was learned as it does when mail comes.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet

from .decision import CORROBORATION, corroboration
from .judged import symbols_read
from .models import Judgement
from .symbols import Evidence
from .thresholds import DRAWN, Action, Settings, Threshold, inherited

MOST = 50_000
SHOWN = 50
BY_SCORE = frozenset({"score", "clean", "unfamiliar", "uncorroborated", "incomplete"})
"""Reasons of decisions that a line made."""
PUT_AWAY = frozenset({Action.JUNK, Action.QUARANTINE, Action.REFUSE})


@dataclass(frozen=True, slots=True)
class Flip:
    """A message that would have come elsewhere."""

    judgement: Judgement
    now: Action
    then: Action

    @property
    def is_harder(self) -> bool:
        """Whether it would have been treated worse."""
        return self.then.hardness > self.now.hardness


@dataclass
class Tally:
    """How often the filter was right, of messages whose owners said what they are."""

    spam_caught: int = 0
    spam_missed: int = 0
    ham_kept: int = 0
    ham_lost: int = 0

    def count(self, label: str, action: Action) -> None:
        """Count one message; one that nobody labelled says nothing."""
        is_away = action in PUT_AWAY
        if label == "spam":
            self.spam_caught += is_away
            self.spam_missed += not is_away
        elif label == "ham":
            self.ham_lost += is_away
            self.ham_kept += not is_away


@dataclass
class WhatIf:
    """What was, and what would have been."""

    considered: int = 0
    is_cut: bool = False
    now: dict[Action, int] = field(default_factory=lambda: dict.fromkeys(Action, 0))
    then: dict[Action, int] = field(default_factory=lambda: dict.fromkeys(Action, 0))
    flips: int = 0
    shown: list[Flip] = field(default_factory=list)
    right_now: Tally = field(default_factory=Tally)
    right_then: Tally = field(default_factory=Tally)

    @property
    def rows(self) -> list[tuple[Action, int, int]]:
        """For a table: each action, how often it was, and how often it would have been."""
        return [(action, self.now[action], self.then[action]) for action in Action]


def lines(at: Mapping[Action, float | None]) -> Settings:
    """Return settings with these lines, and no other."""
    base = inherited()
    return Settings(base.preset, base.origin, {action: Threshold(at.get(action)) for action in DRAWN})


def what_if(judgements: QuerySet[Judgement], settings: Settings) -> WhatIf:
    """Say what these lines would have done with these judgements; two queries."""
    found = WhatIf()
    fields = judgements.filter(is_outbound=False).values_list(
        "mailbox_id", "judged_at", "id", "score", "action", "reason", "label"
    )
    flipped: list[tuple[tuple[int, dt.datetime, int], Action, Action, str]] = []
    for mailbox_id, at, number, score, word, reason, label in fields[: MOST + 1].iterator(chunk_size=5000):
        if found.considered == MOST:
            found.is_cut = True
            break
        now = Action(word)
        then = settings.reached(score) if reason in BY_SCORE else now
        found.considered += 1
        found.now[now] += 1
        found.right_now.count(label, now)
        if then is now:
            found.then[now] += 1
            found.right_then.count(label, now)
        else:
            flipped.append(((mailbox_id, at, number), now, then, label))
    _add(found, flipped, settings)
    return found


def _add(
    found: WhatIf,
    flipped: list[tuple[tuple[int, dt.datetime, int], Action, Action, str]],
    settings: Settings,
) -> None:
    """Count what flips; for what would be refused, look whether enough speaks against it."""
    refused = [key for key, _, then, _ in flipped if then is Action.REFUSE]
    wanted = {*refused, *(key for key, *_ in flipped[: SHOWN * 2])}
    rows = {
        (row.mailbox_id, row.judged_at, row.id): row
        for row in Judgement.objects.filter(pk__in=list(wanted)).defer("vector")
    }
    for key, now, then, label in flipped:
        row = rows.get(key)
        if then is Action.REFUSE and row is not None:
            then = _refused(row, settings)
        found.then[then] += 1
        found.right_then.count(label, then)
        if then is now:
            continue
        found.flips += 1
        if row is not None and len(found.shown) < SHOWN:
            found.shown.append(Flip(row, now, then))


def _refused(row: Judgement, settings: Settings) -> Action:
    evidence = Evidence(symbols_read(row.symbols))
    if corroboration(evidence) >= CORROBORATION and not row.missing:
        return Action.REFUSE
    return settings.reached(row.score, (Action.TAG, Action.JUNK, Action.QUARANTINE))
