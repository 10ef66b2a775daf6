"""An online linear learner: logistic regression over hashed features that learns from one message at once.

Dual averaging with a rate for each feature (AdaGrad): a weight is a pure function of two sums over what was learned,
`-rate * pull / (calm + sqrt(force))`, so a feature hardly ever seen weighs little by itself, and what one message added
can be taken away exactly: sums are integers, and a `Lesson` remembers the three numbers that its message added.

Each group of features (words, runs of bytes, facts) is a learner of its own with its own sums; their scores add up. That
is an ensemble in log-odds: groups that fail differently hold each other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .features import Features, salted
from .hashing import slots

GROUPS = ("words", "grams", "facts")
SHARES: Mapping[str, float] = {"words": 1.0, "grams": 1.0, "facts": 0.5}
"""What the score of a group counts for."""
BITS = 20
RATE = 1.0
CALM = 0.02
BIAS = 0.1
"""The value of the feature every message has."""
PULL_UNIT = 1 << 18
FORCE_UNIT = 1 << 22
FULL = 1 << 30
"""A sum this large learns no more; 32 bits hold twice as much."""

type Sums = NDArray[np.int32]
type Slots = NDArray[np.int64]


@dataclass(slots=True)
class Table:
    """The sums of one group. The last place of each is that of the bias."""

    pull: Sums
    force: Sums

    @staticmethod
    def empty(bits: int = BITS) -> "Table":
        """Return a table that knows nothing."""
        return Table(np.zeros((1 << bits) + 1, np.int32), np.zeros((1 << bits) + 1, np.int32))

    @property
    def bits(self) -> int:
        """The table has 2^bits places, and the bias."""
        return (len(self.pull) - 1).bit_length() - 1

    def weights(self, at: Slots) -> NDArray[np.float64]:
        """Return what these features weigh."""
        pull = self.pull[at].astype(np.float64) / PULL_UNIT
        weighed: NDArray[np.float64] = -RATE * pull / (CALM + np.sqrt(self.force[at] / FORCE_UNIT))
        return weighed


@dataclass(slots=True)
class Model:
    """All that was learned: a table for each group."""

    tables: dict[str, Table] = field(default_factory=lambda: {group: Table.empty() for group in GROUPS})


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one message added to each group, for taking it away: (pull, force, of the bias: pull, force)."""

    is_spam: bool
    user: int
    steps: Mapping[str, tuple[int, int, int, int]]


def places(model: Model, found: Features, user: int = 0) -> dict[str, Slots]:
    """Return where the features of a message lie in each table, as everybody's (0) or as one user's own."""
    return {
        group: slots(salted(getattr(found, group), user), table.bits) for group, table in model.tables.items()
    }


def scores(model: Model, found: Features, users: tuple[int, ...] = (0,)) -> dict[str, float]:
    """Return what each group says in nats: the sum of what these levels (0: everybody's) have learned."""
    out = dict.fromkeys(model.tables, 0.0)
    for user in users:
        for group, at in places(model, found, user).items():
            out[group] += _score(model.tables[group], at)
    return out


def score(model: Model, found: Features, users: tuple[int, ...] = (0,)) -> float:
    """Return what the learner says, not calibrated yet."""
    return sum(SHARES[group] * said for group, said in scores(model, found, users).items())


def learn(
    model: Model,
    found: Features,
    *,
    is_spam: bool,
    user: int = 0,
    users: tuple[int, ...] = (0,),
    force: float = 1.0,
    before: Mapping[str, float] | None = None,
) -> Lesson:
    """Learn a message at one level, as far as what all `users` know is wrong about it; `force` 0.5 learns half.

    `before` is what another model says of it already, of which this one learns the rest.
    """
    said = scores(model, found, users if user in users else (*users, user))
    for group in said:
        said[group] += before.get(group, 0.0) if before else 0.0
    steps = {}
    for group, at in places(model, found, user).items():
        error = (_chance(said[group]) - is_spam) * force
        value = 1 / math.sqrt(len(at) + 1)
        step = (
            round(error * value * PULL_UNIT),
            math.ceil((error * value) ** 2 * FORCE_UNIT),
            round(error * BIAS * PULL_UNIT),
            math.ceil((error * BIAS) ** 2 * FORCE_UNIT),
        )
        if not _add(model.tables[group], at, step):
            step = (0, 0, 0, 0)
        steps[group] = step
    return Lesson(is_spam, user, steps)


def unlearn(model: Model, found: Features, lesson: Lesson) -> None:
    """Take away exactly what a message added."""
    for group, at in places(model, found, lesson.user).items():
        pull, force, bias_pull, bias_force = lesson.steps[group]
        _add(model.tables[group], at, (-pull, -force, -bias_pull, -bias_force))


def _score(table: Table, at: Slots) -> float:
    bias = float(table.weights(np.array([-1]))[0]) * BIAS
    if not len(at):
        return bias
    return float(table.weights(at).sum()) / math.sqrt(len(at) + 1) + bias


def _add(table: Table, at: Slots, step: tuple[int, int, int, int]) -> bool:
    pull, force, bias_pull, bias_force = step
    if force > 0 and (table.force[at] > FULL).any() | (table.force[-1] > FULL):
        return False
    if force > 0 and len(at) and int(np.abs(table.pull[at]).max()) > FULL:
        return False
    table.pull[at] += np.int32(pull)
    table.force[at] += np.int32(force)
    table.pull[-1] += np.int32(bias_pull)
    table.force[-1] += np.int32(bias_force)
    return True


def _chance(said: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, said))))
