"""What a list of labels and scores is worth, in the measures the TREC spam track made usual."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Labels = NDArray[np.bool_]

THRESHOLD = 4.0
"""The score from which mail goes to Junk by default."""
BINS = 10


@dataclass(frozen=True, slots=True)
class Measures:
    """One minus the area under the ROC curve and all shares are percentages; None: not to be told from these labels."""

    messages: int
    spam: int
    roca: float | None
    recall_at_one: float | None
    """Of spam, above the score that one in a hundred wanted messages passes."""
    false_positives: float | None
    """Of wanted mail, at the threshold."""
    recall: float | None
    """Of spam, at the threshold."""
    calibration: float
    """Expected calibration error: how far, on average, a probability is from how often it came true."""

    def __str__(self) -> str:
        """All in one line."""
        return (
            f"{self.messages} messages, {self.spam} spam: 1-ROCA {_percent(self.roca, 3)}, "
            f"recall at 1 % false positives {_percent(self.recall_at_one, 2)}, "
            f"at score {THRESHOLD:g} false positives {_percent(self.false_positives, 3)} "
            f"and recall {_percent(self.recall, 2)}, ECE {self.calibration:.4f}"
        )


def measure(is_spam: Sequence[bool], scores: Sequence[float]) -> Measures:
    """Measure how well scores (log-odds) tell spam apart."""
    labels, said = np.array(is_spam, bool), np.array(scores, np.float64)
    spam, ham = said[labels], said[~labels]
    return Measures(
        len(labels),
        len(spam),
        one_minus_area(labels, said),
        _share(spam > np.quantile(ham, 0.99, method="higher")) if len(ham) else None,
        _share(ham >= THRESHOLD),
        _share(spam >= THRESHOLD),
        calibration_error(labels, said),
    )


def one_minus_area(labels: Labels, said: Floats) -> float | None:
    """Return the chance, in percent, that a wanted message scores higher than spam; ties are half."""
    spam, ham = int(labels.sum()), int((~labels).sum())
    if not spam or not ham:
        return None
    order = np.argsort(said, kind="stable")
    ranked = said[order]
    firsts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    lengths = np.diff(np.concatenate((firsts, [len(ranked)])))
    ranks = np.empty(len(said))
    ranks[order] = np.repeat(firsts + (lengths + 1) / 2, lengths)
    area = (ranks[labels].sum() - spam * (spam + 1) / 2) / (spam * ham)
    return float(100 * (1 - area))


def calibration_error(labels: Labels, said: Floats) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    if not len(labels):
        return 0.0
    chance = 1 / (1 + np.exp(-np.clip(said, -700, 700)))
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    total = 0.0
    for one in range(BINS):
        inside = bins == one
        if inside.any():
            total += abs(float(chance[inside].mean()) - float(labels[inside].mean())) * int(inside.sum())
    return total / len(labels)


def _share(found: NDArray[np.bool_]) -> float | None:
    return float(100 * found.mean()) if len(found) else None


def _percent(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f} %"
