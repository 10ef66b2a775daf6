"""A mailbox's own weights: what only its owner's marks say, beside what everybody begins with. Pure.

A small linear model (learning/linear.py) that learns what is left to learn from each mark. Each mark adds whole numbers to the
sums at some places and remembers them, so that taking it back is exact, and all weights can be made again from the marks.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from apps.spam.learning import linear
from apps.spam.learning.features import Features
from apps.spam.learning.linear import GROUPS, Model, Table

BITS = 16
"""Places of each group: one mailbox has fewer words than the world."""
PLACES = (1 << BITS) + 1
_STEP = struct.Struct("<Hqqqq")
_LIMIT = 2 * len(GROUPS) * PLACES * 4

type Places = NDArray[np.uint16]
type Step = tuple[int, int, int, int]


class DamagedError(ValueError):
    """What was kept is not what was written."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one mark added to each group: where, and what."""

    places: Mapping[str, Places]
    steps: Mapping[str, Step]

    def pack(self) -> bytes:
        """Return it as it is kept."""
        pieces = []
        for group in GROUPS:
            at = self.places[group]
            pieces += [_STEP.pack(len(at), *self.steps[group]), at.astype("<u2").tobytes()]
        return b"".join(pieces)

    @staticmethod
    def read(kept: bytes) -> "Lesson | None":
        """Read what was kept; None for nothing, and for what cannot be read."""
        places: dict[str, Places] = {}
        steps: dict[str, Step] = {}
        position = 0
        try:
            for group in GROUPS:
                count, *step = _STEP.unpack_from(kept, position)
                position += _STEP.size
                places[group] = np.frombuffer(kept, "<u2", count, position).astype(np.uint16)
                position += 2 * count
                steps[group] = (step[0], step[1], step[2], step[3])
        except (struct.error, ValueError):
            return None
        return Lesson(places, steps)


class Own:
    """The weights of one mailbox."""

    def __init__(self, model: Model | None = None) -> None:
        self.model = model or Model({group: Table.empty(BITS) for group in GROUPS})

    def scores(self, found: Features) -> dict[str, float]:
        """Return what each group says, in nats."""
        return linear.scores(self.model, found)

    def learn(self, found: Features, *, is_spam: bool, before: Mapping[str, float]) -> Lesson:
        """Learn from one message what `before` does not say already."""
        lesson = linear.learn(self.model, found, is_spam=is_spam, before=before)
        places = linear.places(self.model, found)
        return Lesson({group: at.astype(np.uint16) for group, at in places.items()}, lesson.steps)

    def add(self, lesson: Lesson, sign: int = 1) -> None:
        """Add what a mark added, or take it back."""
        for group, (pull, force, bias_pull, bias_force) in lesson.steps.items():
            table, at = self.model.tables[group], lesson.places[group]
            table.pull[at] += np.int32(sign * pull)
            table.force[at] += np.int32(sign * force)
            table.pull[-1] += np.int32(sign * bias_pull)
            table.force[-1] += np.int32(sign * bias_force)

    def pack(self) -> bytes:
        """Return the sums as they are kept."""
        sums = [
            part
            for group in GROUPS
            for part in (self.model.tables[group].pull, self.model.tables[group].force)
        ]
        return zstandard.ZstdCompressor(level=1).compress(np.concatenate(sums).astype("<i4").tobytes())

    @staticmethod
    def read(data: bytes, digest: bytes) -> "Own":
        """Read what was kept; DamagedError."""
        if hashlib.sha256(data).digest() != digest:
            raise DamagedError("its check sum differs")
        try:
            raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LIMIT)
        except zstandard.ZstdError as error:
            raise DamagedError(str(error)) from error
        if len(raw) != _LIMIT:
            raise DamagedError("it has another size")
        sums = np.frombuffer(raw, "<i4").astype(np.int32).reshape(len(GROUPS), 2, PLACES)
        return Own(
            Model({group: Table(*(part.copy() for part in sums[n])) for n, group in enumerate(GROUPS)})
        )

    @staticmethod
    def made_from(lessons: Iterable[bytes]) -> "Own":
        """Make the weights from what each mark added."""
        own = Own()
        for kept in lessons:
            if (lesson := Lesson.read(kept)) is not None:
                own.add(lesson)
        return own
