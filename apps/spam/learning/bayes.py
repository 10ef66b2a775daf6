"""Token statistics: how often a word stood in wanted and in unwanted mail, on the site, in the domain, with the user.

Each level leans on the one above: what a user has not seen often is taken from the domain, what the domain has not seen
from the site, what nobody has seen is no evidence. So one message of a user counts at once, and nobody needs 200 first.
Counts are plain numbers, kept by whoever calls: adding and taking away the same message leaves what was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Counts = NDArray[np.int64]
type Floats = NDArray[np.float64]

LEAN = 0.5
"""How many sightings the level above is worth."""
DOUBT = 1.0
"""How many sightings of a token, on all levels, it takes until it counts for half of what it says."""
STRONGEST = 4.0
"""What one token may say at most, in nats."""
TELLING = 0.2
"""A token that says less than this is not counted: most are the words of everybody."""


@dataclass(frozen=True, slots=True)
class Level:
    """What one level knows about the tokens of a message: counts in the order of the tokens, and of messages."""

    spam: Counts
    ham: Counts
    spam_messages: int
    ham_messages: int


def weigh(levels: Sequence[Level]) -> Floats:
    """Return what each token says in nats, from the highest level (site) to the lowest (user)."""
    if not levels:
        return np.zeros(0)
    said = np.zeros(len(levels[0].spam))
    seen = np.zeros(len(said))
    for level in levels:
        # Rates rather than counts: having marked much more of one sort says nothing about a word.
        spam = level.spam / max(level.spam_messages, 1)
        ham = level.ham / max(level.ham_messages, 1)
        both = spam + ham
        sightings = (level.spam + level.ham).astype(np.float64)
        if level.spam_messages == 0 or level.ham_messages == 0:
            # One class alone: whether a word is rarer in the other nobody can tell yet, so it speaks more softly.
            sightings *= 0.25
        own = np.divide(spam, both, out=np.full(len(said), 0.5), where=both > 0)
        above = 1 / (1 + np.exp(-said))
        chance = (LEAN * above + sightings * own) / (LEAN + sightings)
        said = np.log(chance / (1 - chance))
        seen += sightings
    said = np.clip(said, -STRONGEST, STRONGEST)
    weighed: Floats = said * (seen / (seen + DOUBT))
    return weighed


def score(weighed: Floats) -> float:
    """Return what all tokens say together: their sum, divided by the root of how many speak, for they are no strangers."""
    telling = weighed[np.abs(weighed) >= TELLING]
    if not len(telling):
        return 0.0
    return float(telling.sum() / np.sqrt(len(telling)))


def added(counts: Counts, places: NDArray[np.int64], *, times: int = 1) -> None:
    """Count a message's tokens once more, or with -1 once less."""
    counts[places] += times
