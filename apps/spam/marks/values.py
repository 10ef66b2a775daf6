"""What goes into learning and what comes out of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.spam.learning.features import Features

SITE = 0
"""The scope of what everybody was taught."""

type Tokens = NDArray[np.int64]


def of_organisation(organisation_id: int) -> int:
    """Return the scope of an organisation."""
    return -organisation_id


def chain(organisation_id: int, mailbox_id: int) -> tuple[int, int, int]:
    """Return the scopes that speak for a recipient, from the widest to the nearest."""
    return SITE, of_organisation(organisation_id), mailbox_id


def _nothing(found: Features) -> Mapping[str, float]:
    return {}


@dataclass(frozen=True, slots=True)
class Apart:
    """How messages are taken apart: bytes as they came to their features; `version` changes with it.

    `before` is what the model everybody begins with says of them: a mailbox's own learns the rest.
    """

    features: Callable[[bytes], Features]
    version: int
    before: Callable[[Features], Mapping[str, float]] = _nothing


def tokens_of(found: Features) -> Tokens:
    """Return what is counted of a message, each once, as the database keeps it: signed numbers."""
    return np.unique(found.tokens.view(np.int64))


@dataclass(frozen=True, slots=True)
class Counts:
    """For each token asked for, in how many bad and good messages of a scope it was; and of how many messages in all."""

    spam: NDArray[np.float64]
    ham: NDArray[np.float64]
    all_spam: float = 0.0
    all_ham: float = 0.0
    voices: int = 0
    own: int = 0
    """The version of a mailbox's own weights; 0 where it has none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message's tokens, and the scopes they are wanted of."""

    tokens: Tokens
    scopes: Sequence[int]


@dataclass(slots=True)
class Learnt:
    """What one portion came to: marks that were learned, taken back, or changed nothing; and what could not be read."""

    learned: int = 0
    unlearned: int = 0
    same: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    more: bool = False

    @property
    def looked_at(self) -> int:
        """How many marks were looked at."""
        return self.learned + self.unlearned + self.same + sum(self.skipped.values())

    def add(self, other: "Learnt") -> None:
        """Add another portion."""
        self.learned += other.learned
        self.unlearned += other.unlearned
        self.same += other.same
        for why, count in other.skipped.items():
            self.skipped[why] = self.skipped.get(why, 0) + count
