"""All learners in one: what a message's features say together, calibrated, and learning from one message at once.

This is the learned part in memory, for the command line, training and tests, and the model of how a service puts the same
functions together with counts and weights kept elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from . import bayes, fusion, linear
from .features import Features
from .fusion import Calibration
from .hashing import slots
from .prior import Prior

BITS = 20
UPON_PRIOR = 0.3
HALF = 0.5
"""How familiar a word is that was seen in unwanted mail alone."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said about a message, before calibration, and what came of it."""

    scores: Mapping[str, float]
    """Nats of each learner: words, grams, facts, bayes."""
    familiar: float
    """The share of the message's words that were seen before, from 0 to 1."""
    score: float
    """Calibrated nats; positive ones are less where little is familiar."""
    is_accusing: bool = False
    """Whether the learners speak against the message, however little of it stands."""


@dataclass(slots=True)
class Counts:
    """Token statistics in memory, by place."""

    spam: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << BITS, np.int32))
    ham: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << BITS, np.int32))
    spam_messages: int = 0
    ham_messages: int = 0

    def add(self, found: Features, *, is_spam: bool, times: int = 1) -> None:
        """Count a message, or with -1 take it away."""
        (self.spam if is_spam else self.ham)[slots(found.tokens, BITS)] += np.int32(times)
        if is_spam:
            self.spam_messages += times
        else:
            self.ham_messages += times

    def level(self, found: Features) -> bayes.Level:
        """Return what is known about a message's tokens."""
        at = slots(found.tokens, BITS)
        return bayes.Level(
            self.spam[at].astype(np.int64),
            self.ham[at].astype(np.int64),
            self.spam_messages,
            self.ham_messages,
        )


class Seen:
    """Which words any message had, by place: for telling what is familiar, not what it says.

    A word that was seen in wanted mail is familiar. One seen in unwanted mail alone is half familiar: who knows a
    language by its spam only does not know the language.
    """

    def __init__(self, marks: NDArray[np.bool_]) -> None:
        self.marks = marks
        self._unwanted: NDArray[np.bool_] | None = None
        self._bits = (len(marks) - 1).bit_length()
        self._count = int(marks.sum())
        self._count_unwanted = 0

    def add(self, found: Features, *, is_spam: bool = False) -> None:
        """Note the words of a message."""
        at = slots(found.words, self._bits)
        if not is_spam:
            self._count += len(at) - int(self.marks[at].sum())
            self.marks[at] = True
            return
        if self._unwanted is None:
            self._unwanted = np.zeros(len(self.marks), np.bool_)
        self._count_unwanted += len(at) - int(self._unwanted[at].sum())
        self._unwanted[at] = True

    def share(self, found: Features) -> float:
        """Return the share of a message's words that are familiar, less what chance alone would have hit."""
        at = slots(found.words, self._bits)
        if not len(at):
            return 0.0
        wanted = self.marks[at]
        share = _beyond_chance(float(wanted.mean()), self._count / len(self.marks))
        if self._unwanted is not None:
            rest = float((self._unwanted[at] & ~wanted).mean())
            share += HALF * max(0.0, rest - (1 - share) * self._count_unwanted / len(self.marks))
        return min(share, 1.0)


def _beyond_chance(share: float, crowded: float) -> float:
    crowded = min(crowded, 0.99)
    return max(0.0, (share - crowded) / (1 - crowded))


@dataclass(slots=True)
class Learner:
    """What is known, and what of it was learned when."""

    model: linear.Model = field(default_factory=linear.Model)
    counts: Counts = field(default_factory=Counts)
    seen: Seen = field(default_factory=lambda: Seen(np.zeros(1 << BITS, np.bool_)))
    calibration: Calibration = field(default_factory=Calibration)

    @staticmethod
    def of(prior: Prior) -> "Learner":
        """Return a learner that begins with a prior, which it changes: load it again for the next."""
        seen = prior.seen if len(prior.seen) else np.zeros(1 << BITS, np.bool_)
        return Learner(prior.model, Counts(), Seen(seen), prior.calibration)

    def judge(self, found: Features) -> Said:
        """Return what all that was learned says about a message."""
        said = linear.scores(self.model, found)
        said["bayes"] = bayes.score(bayes.weigh([self.counts.level(found)]))
        familiar = self.seen.share(found)
        full = self.calibration(said)
        return Said(said, familiar, self.calibration(said, familiar), full > 0)

    def learn(self, found: Features, *, is_spam: bool) -> linear.Lesson:
        """Learn one message."""
        lesson = linear.learn(self.model, found, is_spam=is_spam)
        self.counts.add(found, is_spam=is_spam)
        self.seen.add(found, is_spam=is_spam)
        return lesson

    def unlearn(self, found: Features, lesson: linear.Lesson) -> None:
        """Take a lesson back. What was seen stays seen: it tells what is familiar, not what it was."""
        linear.unlearn(self.model, found, lesson)
        self.counts.add(found, is_spam=lesson.is_spam, times=-1)


type Lessons = Sequence[tuple[Features, bool]]


def taught(
    lessons: Lessons, *, half: Lessons = (), prior: Prior | None = None, rounds: int = 3, seed: int = 1
) -> Learner:
    """Return a learner that was taught all of these, in an order of chance, several times over.

    What is in `half` teaches half as much: mail made for the purpose, which says less about what people get. Upon a prior
    all teach with a third of the force: going over the same few sources again and again would have it forgotten.
    """
    learner = Learner.of(prior) if prior else Learner()
    full = UPON_PRIOR if prior else 1.0
    every = [(*lesson, full) for lesson in lessons] + [(*lesson, full / 2) for lesson in half]
    order = np.random.default_rng(seed)
    for one in range(rounds):
        for place in order.permutation(len(every)).tolist():
            found, is_spam, force = every[place]
            linear.learn(learner.model, found, is_spam=is_spam, force=force)
            if one == 0:
                learner.counts.add(found, is_spam=is_spam)
                learner.seen.add(found, is_spam=is_spam)
    return learner


def calibrated(
    sources: Sequence[Lessons], *, prior: Callable[[], Prior | None], rounds: int = 3
) -> Calibration:
    """Fit the calibration on each source with what the others taught; with one source there is nothing to fit on.

    `prior` gives what the learner begins with, anew for each, for learning changes it.
    """
    said: list[Mapping[str, float]] = []
    labels: list[bool] = []
    begin = prior()
    for place, held in enumerate(sources):
        rest = [lesson for other, lessons in enumerate(sources) if other != place for lesson in lessons]
        if min(len({is_spam for _, is_spam in one}) for one in (rest, held)) < 2:
            continue  # Of one sort alone nobody can tell where the line lies.
        learner = taught(rest, prior=prior(), rounds=rounds)
        for found, is_spam in held:
            said.append(learner.judge(found).scores)
            labels.append(is_spam)
    return fusion.fitted(said, labels, start=begin.calibration if begin else None)
