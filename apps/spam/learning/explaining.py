"""What the learners say about a message, in words: which words told most, and how much of it is familiar."""

import numpy as np

from apps.spam.reading import read

from . import linear
from .features import features, named
from .learner import Learner
from .material import Material, material

MOST = 12


def telling(learner: Learner, seen: Material, *, most: int = MOST) -> list[tuple[str, float]]:
    """Return the words and facts that weigh most, each with its nats, heaviest first."""
    found = features(seen)
    names = named(seen)
    out: list[tuple[str, float]] = []
    for group in ("words", "facts"):
        hashes = getattr(found, group)
        if not len(hashes):
            continue
        table = learner.model.tables[group]
        at = (hashes >> np.uint64(64 - table.bits)).astype(np.int64)
        share = linear.SHARES[group] * getattr(learner.calibration, group) / np.sqrt(len(at) + 1)
        weighed = table.weights(at) * share
        for number, weight in zip(hashes.tolist(), weighed.tolist(), strict=True):
            if number in names and abs(weight) >= 0.01:
                out.append((names[number], weight))
    return sorted(out, key=lambda pair: -abs(pair[1]))[:most]


def explain(learner: Learner, raw: bytes) -> list[str]:
    """Return sentences about what the learners think of a message."""
    seen = material(read(raw))
    said = learner.judge(features(seen))
    lines = [
        f"score {said.score:+.2f} (4 and more goes to Junk), {said.familiar:.0%} of its words are familiar"
    ]
    lines += [f"{name} says {value:+.2f}" for name, value in said.scores.items()]
    lines += [f"{weight:+.2f}  {name}" for name, weight in telling(learner, seen)]
    return lines
