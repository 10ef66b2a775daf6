"""What the lines of `manage.py spam evaluate` are worth. Shares are percentages, but for the calibration error."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.spam.evaluation.measures import calibration_error, one_minus_area

KEPT = frozenset({"inbox", "tag"})
"""What is done with mail that a reader finds where it belongs."""
Z = 1.959964
"""The normal quantile of a two-sided bound of 95 %."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the filter said about one message."""

    file: str
    label: str
    p: float
    action: str
    cpu_ms: float

    @property
    def is_spam(self) -> bool:
        """Whether people say it is unwanted."""
        return self.label != "ham"

    @property
    def is_caught(self) -> bool:
        """Whether it does not reach the inbox."""
        return self.action not in KEPT

    @property
    def score(self) -> float:
        """The probability as log-odds, finite."""
        p = min(max(self.p, 1e-12), 1 - 1e-12)
        return math.log(p / (1 - p))


def read_lines(path: Path) -> list[Line]:
    """Read what a run wrote."""
    with path.open(encoding="utf-8") as lines:
        return [
            Line(said["file"], said["label"], said["p"], said["action"], said["cpu_ms"])
            for said in map(json.loads, lines)
        ]


def roca(lines: Sequence[Line]) -> float:
    """Return 1-ROCA%: the chance in percent that a wanted message scores above an unwanted one; nan: one kind is missing."""
    area = one_minus_area(_labels(lines), _scores(lines))
    return math.nan if area is None else area


def recall_at(lines: Sequence[Line], false_positives: float = 1.0) -> float:
    """Return the share of spam above the score that this share of wanted mail passes."""
    ham = sorted((line.score for line in lines if not line.is_spam), reverse=True)
    spam = [line.score for line in lines if line.is_spam]
    if not ham or not spam:
        return math.nan
    limit = ham[min(int(len(ham) * false_positives / 100), len(ham) - 1)]
    return 100 * sum(score > limit for score in spam) / len(spam)


def recall(lines: Iterable[Line]) -> float:
    """Return the share of spam that does not reach the inbox."""
    return _share([line.is_caught for line in lines if line.is_spam])


def false_positives(lines: Iterable[Line]) -> float:
    """Return the share of wanted mail that does not reach the inbox."""
    return _share([line.is_caught for line in lines if not line.is_spam])


def refused(lines: Iterable[Line]) -> int:
    """Return how many wanted messages were refused."""
    return sum(line.action == "refuse" for line in lines if not line.is_spam)


def wilson(hits: int, of: int, z: float = Z) -> tuple[float, float]:
    """Return the interval in percent in which a share lies, by Wilson: of use where hits are few or none."""
    if not of:
        return 0.0, 100.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def calibration(lines: Sequence[Line]) -> float:
    """Return the expected calibration error."""
    return calibration_error(_labels(lines), _scores(lines))


def cpu(lines: Sequence[Line]) -> tuple[float, float]:
    """Return mean and 95th percentile of the CPU milliseconds a message took."""
    spent = np.array([line.cpu_ms for line in lines])
    return (float(spent.mean()), float(np.percentile(spent, 95))) if len(spent) else (math.nan, math.nan)


def _labels(lines: Sequence[Line]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([line.is_spam for line in lines], bool)


def _scores(lines: Sequence[Line]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([line.score for line in lines], np.float64)


def _share(found: Sequence[bool]) -> float:
    return 100 * sum(found) / len(found) if found else math.nan
