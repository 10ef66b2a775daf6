"""What a table would do, kept as it was when it was looked at: pages show parts of it without looking at all of it again.

It may quote cells, so it is sealed like the table.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from apps.accounts.permissions import Subject
from apps.mailflow.models import Roster

from .deciding import Outcome
from .runs import look

WRONG = frozenset({Outcome.REFUSED})


@dataclass(frozen=True, slots=True)
class Planned:
    """What one row would do."""

    line: int
    address: str
    outcome: Outcome
    text: str


def make(*, roster: Roster, who: Subject) -> None:
    """Look at the whole table, and keep what was seen."""
    looked = look(roster, who)
    rows = [(step.line, step.address, str(step.outcome), step.text) for step in looked.steps]
    roster.plan = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    roster.found = {str(outcome): looked.count(outcome) for outcome in Outcome}
    roster.planned_at = timezone.now()
    Roster.objects.filter(id=roster.id, state=Roster.State.WAITING).update(
        plan=roster.plan, found=roster.found, planned_at=roster.planned_at
    )


def read(roster: Roster) -> list[Planned]:
    """Return what every row would do."""
    rows = json.loads(bytes(roster.plan)) if roster.plan is not None else []
    return [Planned(line, address, Outcome(outcome), text) for line, address, outcome, text in rows]


def part(
    rows: list[Planned], outcomes: Collection[Outcome], *, after: int = 0, size: int
) -> tuple[list[Planned], int]:
    """Return a page of the rows that come to this, and the line to go on after; 0 when it is the last."""
    found = [row for row in rows if row.outcome in outcomes and row.line > after][: size + 1]
    return found[:size], found[size - 1].line if len(found) > size else 0
