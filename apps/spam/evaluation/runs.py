"""Runs over labelled mail: taught by some of it, judging the rest, as a stream or as it stands."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from apps.protocols.mime.dates import parse_date
from apps.protocols.mime.headers import every, first, header_end
from apps.spam.learning import stripping
from apps.spam.learning.features import Features, features
from apps.spam.learning.learner import Learner, calibrated, taught
from apps.spam.learning.material import material
from apps.spam.learning.prior import Prior
from apps.spam.reading import read
from apps.spam.symbols import probability

from .corpora import Labelled, count_corpus, read_corpus
from .judges import OfflineJudge
from .measures import Measures, measure

type Lessons = list[tuple[Features, bool]]
type Progress = Callable[[Iterable[Labelled], str, int | None], Iterable[Labelled]]

LONG_AGO = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one message."""

    file: str
    label: str
    score: float
    action: str
    cpu_ms: float

    def written(self) -> str:
        """As a line of JSON."""
        return json.dumps(
            {
                "file": self.file,
                "label": self.label,
                "p": round(probability(self.score), 9),
                "action": self.action,
                "cpu_ms": round(self.cpu_ms, 3),
            },
            ensure_ascii=False,
        )


def lessons(path: Path, progress: Progress) -> Lessons:
    """Read a source to learn from."""
    found = progress(read_corpus(path), f"read {path.name}", count_corpus(path))
    return [(features(material(read(stripping.stripped(one.raw)))), one.is_spam) for one in found]


def teach(sources: Sequence[Lessons], prior: Callable[[], Prior | None]) -> Learner:
    """Return a learner taught by all sources, calibrated by what they say of each other; `prior` gives it anew."""
    learner = taught([lesson for source in sources for lesson in source], prior=prior())
    if len(sources) > 1:
        learner.calibration = calibrated(sources, prior=prior)
    return learner


def judged(judge: OfflineJudge, tests: Iterable[Labelled], *, online: bool) -> Iterator[Line]:
    """Judge message by message; online, learn each as soon as it is judged."""
    for one in tests:
        answer = judge.judge(one.raw)
        if online:
            judge.learn(is_spam=one.is_spam)
        yield Line(one.file, one.label, answer.score, answer.action, answer.cpu_ms)


def as_stream(tests: Iterable[Labelled]) -> list[Labelled]:
    """Return messages in the order they came in: by the last server's date, or their own."""
    return sorted(tests, key=lambda one: (came_at(one.raw), one.file))


def came_at(raw: bytes) -> int:
    """Return when a message came in, in seconds since 1970."""
    header = raw[: header_end(raw)]
    received = every(header, b"received")
    for value in [*(line.rpartition(b";")[2] for line in received[:1]), first(header, b"date") or b""]:
        when = parse_date(value.strip())
        if when is not None:
            return when
    return LONG_AGO


def write(lines: Iterable[Line], out: IO[str]) -> Measures:
    """Write each line as it comes, and measure them all."""
    labels: list[bool] = []
    scores: list[float] = []
    for line in lines:
        out.write(line.written() + "\n")
        labels.append(line.label != "ham")
        scores.append(line.score)
    return measure(labels, scores)


def as_prior(learner: Learner, about: dict[str, str]) -> Prior:
    """Return what a learner knows as a prior."""
    return Prior(learner.model, learner.seen.marks, learner.calibration, about)
