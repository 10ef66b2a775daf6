"""What pages and the API show of learning: states, marks, versions. Who may see it is the caller's to ask."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import ask, query
from apps.spam.learning import prior
from apps.spam.learning.prior import PriorError
from apps.spam.models import ModelVersion, Total, Trained

from . import sql
from .values import SITE, of_organisation
from .versions import SHIPPED

HALF = 16.0
"""With so many marks of each kind, a mailbox's own word weighs half."""


@dataclass(frozen=True, slots=True)
class State:
    """What a mailbox was taught; `weight` is how much its own word has beside that of all, from 0 to 1."""

    mailbox_id: int
    address: str
    good: int
    bad: int
    weight: float
    last_at: dt.datetime | None
    skipped: int = 0
    skipped_why: str = ""


@dataclass(frozen=True, slots=True)
class LevelState:
    """What a level above mailboxes was made of."""

    good: float
    bad: float
    voices: int
    changed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Marked:
    """A message somebody marked."""

    content_id: int
    is_bad: bool
    at: dt.datetime
    subject: str
    author: str


@dataclass(frozen=True, slots=True)
class Version:
    """A model everybody begins with; number 0 is what is shipped."""

    number: int
    digest: str
    note: str
    size: int
    created_at: dt.datetime | None
    is_current: bool
    fault: str = ""


def weight_of(good: float, bad: float) -> float:
    """Return how much a mailbox's own word weighs: one kind of mark alone says little."""
    if not good or not bad:
        return (good + bad) / (good + bad + 8 * HALF)
    both = 2 * good * bad / (good + bad)
    return both / (both + HALF)


def states(mailbox_ids: Sequence[int]) -> list[State]:
    """Return what mailboxes were taught, in the order given: one statement. Of one that is not there nothing is told."""
    found = {row[0]: row for row in ask(query(sql.STATES, [list(mailbox_ids)]))}
    return [_state(found[one]) for one in mailbox_ids if one in found]


def state(mailbox_id: int) -> State | None:
    """Return what a mailbox was taught; None if there is no such mailbox."""
    return next(iter(states([mailbox_id])), None)


def busiest(organisation_id: int, *, first: int = 0, count: int = 50) -> list[State]:
    """Return the mailboxes of an organisation that were taught something, the most taught first."""
    return [_state(row) for row in ask(query(sql.BUSIEST, [organisation_id, first, count]))]


def _state(row: tuple[int, str, float, float, dt.datetime | None, int, str]) -> State:
    mailbox_id, address, good, bad, last_at, skipped, why = row
    return State(
        mailbox_id, address, round(good), round(bad), round(weight_of(good, bad), 2), last_at, skipped, why
    )


def level(organisation_id: int | None = None) -> LevelState:
    """Return what an organisation's level, or the site's, was made of."""
    scope = SITE if organisation_id is None else of_organisation(organisation_id)
    row = Total.objects.filter(scope=scope).first()
    return LevelState(row.ham, row.spam, row.voices, row.changed_at) if row else LevelState(0, 0, 0, None)


def marks(mailbox_id: int, *, count: int = 50) -> list[Marked]:
    """Return what was marked last."""
    return [
        Marked(content_id, label == Trained.Label.BAD, at, subject, author)
        for content_id, label, at, subject, author in ask(query(sql.LATEST, [mailbox_id, count]))
    ]


def model_versions() -> list[Version]:
    """Return all versions there are, the newest first, what is shipped last."""
    rows = [
        Version(row.pk, row.digest, row.note, row.size, row.created_at, row.is_current, row.fault)
        for row in ModelVersion.objects.defer("data").order_by("-pk")
    ]
    current = not any(row.is_current for row in rows)
    try:
        shipped = prior.load()
        about = shipped.about.get("note", "")
        last = Version(SHIPPED, shipped.version, about, prior.SHIPPED.stat().st_size, None, current)
    except (PriorError, OSError) as error:
        last = Version(SHIPPED, "", "", 0, None, current, str(error))
    return [*rows, last]
