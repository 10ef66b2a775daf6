"""Learners' scores become one calibrated score, and less of it where a message is unfamiliar.

The calibration is fitted on messages of a source that no learner saw (`out_of_source`): scores on data of the source one
learned from are far too sure. It has two numbers (Platt): more would learn the source.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

NAMES = ("words", "grams", "facts", "bayes")
RIDGE = 2.0
FIRM = 5.0
"""Nats up to which a score stands as it is; above, it grows ever more slowly, so that order is kept and nobody is as good
as certain for what was learned alone: 10 becomes 6.8, and 30 becomes 8.3."""
LEAST_SURE, MOST_SURE, FARTHEST = 0.75, 1.3, 0.5
"""How far a fit may go from what it begins with: the sources of one site are not the world."""
ENOUGH = 0.45
"""A message of whose words so many are known is familiar."""
LITTLE = 0.15
"""Below this share only LEAST of what speaks against it stands."""
LEAST = 0.3
"""Too little for Junk, however sure the learners are; enough to keep the order among what is unfamiliar."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What each learner's nats are worth, and where zero lies."""

    words: float = 1.0
    grams: float = 1.0
    facts: float = 0.5
    bayes: float = 0.1
    offset: float = 0.0

    def __call__(self, said: Mapping[str, float], familiar: float = 1.0) -> float:
        """Return the calibrated score; `familiar` is the share of known evidence."""
        total = self.offset + sum(float(getattr(self, name)) * said.get(name, 0.0) for name in NAMES)
        total = _bounded(total)
        return total * trust(familiar) if total > 0 else total

    def as_numbers(self) -> dict[str, float]:
        """Return the numbers, to be kept."""
        return asdict(self)

    @staticmethod
    def of(numbers: Mapping[str, float]) -> "Calibration":
        """Return the calibration that was kept; ValueError: these are no such numbers."""
        known = {one.name for one in fields(Calibration)}
        if set(numbers) != known or not all(
            isinstance(value, int | float) and math.isfinite(value) for value in numbers.values()
        ):
            raise ValueError("not the numbers of a calibration")
        return Calibration(**{name: float(value) for name, value in numbers.items()})


FOR_PRIOR = Calibration(words=0.7, grams=1.1, facts=0.5, bayes=0.1, offset=0.6)
"""Of what is shipped: its sources are too unlike for fitting on each other. Chosen on public mail it did not learn from."""


def _bounded(total: float) -> float:
    if abs(total) <= FIRM:
        return total
    return math.copysign(FIRM + math.log1p(abs(total) - FIRM), total)


def trust(familiar: float) -> float:
    """Return how much of an accusation stands, up to 1, where this share of the evidence is known."""
    return max(LEAST, min(1.0, (familiar - LITTLE) / (ENOUGH - LITTLE)))


def fitted(
    said: Sequence[Mapping[str, float]], is_spam: Sequence[bool], start: Calibration | None = None
) -> Calibration:
    """Fit how sure one may be, and where zero lies; what learners are worth beside each other stays as in `start`.

    Fitted apart, their worth would follow the oddest source there is, and the order of scores with it.
    """
    begin = start or Calibration()
    labels = np.array(is_spam, np.float64)
    if not len(labels) or labels.min() == labels.max():
        return begin
    alone = [sum(float(getattr(begin, name)) * one.get(name, 0.0) for name in NAMES) for one in said]
    columns = np.column_stack((np.array(alone, np.float64), np.ones(len(labels))))
    scale, offset = _newton(columns, labels, np.array([1.0, begin.offset])).tolist()
    scale = max(LEAST_SURE, min(MOST_SURE, scale))
    numbers = {name: getattr(begin, name) * scale for name in NAMES}
    return Calibration.of(
        {**numbers, "offset": begin.offset + max(-FARTHEST, min(FARTHEST, offset - begin.offset))}
    )


def _newton(
    columns: NDArray[np.float64], labels: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit by Newton's method; both classes weigh the same, for how much spam comes is another matter for each user."""
    share = labels.mean()
    each = np.where(labels > 0, 0.5 / share, 0.5 / (1 - share))
    weights = prior.copy()
    cost = _cost(columns, labels, each, prior, weights)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        slope = columns.T @ (each * (chance - labels)) + RIDGE * (weights - prior)
        bend = (columns * (each * chance * (1 - chance))[:, None]).T @ columns + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        # Far from the bottom a whole step may lead uphill: half of it, and half of that.
        for _ in range(30):
            lower = _cost(columns, labels, each, prior, weights - step)
            if lower <= cost:
                break
            step = step / 2
        else:
            break
        weights, cost = weights - step, lower
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _cost(
    columns: NDArray[np.float64],
    labels: NDArray[np.float64],
    each: NDArray[np.float64],
    prior: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> float:
    said = columns @ weights
    loss = np.logaddexp(0, said) - labels * said
    return float((each * loss).sum() + RIDGE / 2 * ((weights - prior) ** 2).sum())
