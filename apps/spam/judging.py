"""A message is judged: read once, every source asked once, then decided for each recipient.

One function serves the scan worker, the local courier and the command line. It never raises and takes its time and no
more: who fails or comes too late is missing, and is said to be.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .authors import about
from .content.policy import Objection, objections
from .decision import Decision, decide, score_of
from .envelopes import Envelope
from .lists import About
from .objecting import objected, of_objections
from .sources import Found, Home, HomeSource, Message, SiteSource, Source, Sources
from .stopwatch import OutOfTime, Stopwatch
from .symbols import Evidence, probability, together

log = logging.getLogger(__name__)

SECONDS = 2.0
"""What one message may take, with all of its recipients."""
LATE = "out of time"
POLICY = "attachment policy"

type Homes = Sequence[Home] | Callable[[About], Sequence[Home]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found and decided for one mailbox."""

    mailbox_id: int
    evidence: Evidence
    decision: Decision
    vector: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All there is to say about a message. `decision` is for who has no lines of their own."""

    evidence: Evidence
    decision: Decision
    about: About
    judged: tuple[Judged, ...] = ()
    vector: bytes | None = None
    versions: dict[str, str] = field(default_factory=dict)
    milliseconds: float = 0.0

    @property
    def score(self) -> float:
        """The score before anybody's own evidence."""
        return score_of(self.evidence)

    @property
    def probability(self) -> float:
        """The score as a probability."""
        return probability(self.score)


class Judge:
    """Asks these sources; one for a process."""

    def __init__(
        self,
        sources: Sources,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self._sources = sources
        self._seconds = seconds
        self._clock = clock
        self._spent = spent

    def judge(self, raw: bytes, envelope: Envelope, homes: Homes = ()) -> Report:
        """Judge a message for these mailboxes, which may be asked for once it is known whom lists are asked about."""
        began = self._spent()
        watch = Stopwatch(self._seconds, self._clock)
        message = Message(raw, envelope)
        vectors: dict[str, bytes] = {}
        found = {name: Evidence(missing=((name, why),)) for name, why in self._sources.absent.items()}
        for source in self._sources.site:
            said, missing = _ask(watch, source, message)
            found[source.name], vector = _apart(missing if said is None else said)
            if vector is not None:
                vectors[source.name] = vector
            message.found = found
        asked = _about(raw, envelope)
        site = together(found.values())
        there = homes(asked) if callable(homes) else homes
        judged = self._for(there, message, vectors, asked, watch)
        return Report(
            site,
            decide(site, about=asked),
            asked,
            judged,
            _vector(vectors),
            self.versions(),
            (self._spent() - began) * 1000,
        )

    def versions(self) -> dict[str, str]:
        """Return which version of each source that has any is asked."""
        every: list[SiteSource | HomeSource] = [*self._sources.site, *self._sources.home]
        found = {}
        for source in every:
            try:
                found[source.name] = source.version()
            except Exception:
                log.exception("version unknown", extra={"source": source.name})
        return {name: version for name, version in found.items() if version}

    def _for(
        self,
        homes: Sequence[Home],
        message: Message,
        vectors: dict[str, bytes],
        asked: About,
        watch: Stopwatch,
    ) -> tuple[Judged, ...]:
        own = {home.mailbox_id: (dict(message.found), dict(vectors)) for home in homes}
        for source in self._sources.home if homes else ():
            said, missing = _ask(watch, source, message, homes)
            for home in homes:
                found, numbers = own[home.mailbox_id]
                found[source.name], vector = _apart((said or {}).get(home.mailbox_id, missing))
                if vector is not None:
                    numbers[source.name] = vector
        judged = []
        for home in homes:
            found, numbers = own[home.mailbox_id]
            evidence = together([*found.values(), Evidence(missing=home.missing)])
            decision = decide(evidence, home.settings, home.entries, asked)
            against, missing = _objections(watch, message, home)
            evidence += of_objections(against) + missing
            decision = objected(decision, against)
            judged.append(Judged(home.mailbox_id, evidence, decision, _vector(numbers)))
        return tuple(judged)


def _objections(watch: Stopwatch, message: Message, home: Home) -> tuple[Sequence[Objection], Evidence]:
    """Return what a mailbox has against the files of a message; most have no policy, and nothing is looked at."""
    if not home.attachments:
        return (), Evidence()

    def ask() -> tuple[Objection, ...]:
        return objections(message.files, home.attachments)

    found, missing = _ask(watch, Source(POLICY, ask))
    return found or (), missing


def _ask[T](watch: Stopwatch, source: Source[..., T], *args: Any) -> tuple[T | None, Evidence]:
    """Ask one source; return what it said, and what it was missing for."""
    if not watch.left:
        return None, Evidence(missing=((source.name, LATE),))
    try:
        with watch.watching(may_stop=source.may_be_stopped):
            return source.ask(*args), Evidence()
    except OutOfTime:
        log.warning("source too slow", extra={"source": source.name})
        return None, Evidence(missing=((source.name, LATE),))
    except Exception as error:
        log.exception("source failed", extra={"source": source.name})
        return None, Evidence(missing=((source.name, type(error).__name__),))


def _apart(said: Evidence | Found) -> tuple[Evidence, bytes | None]:
    return (said.evidence, said.vector) if isinstance(said, Found) else (said, None)


def _about(raw: bytes, envelope: Envelope) -> About:
    try:
        return about(raw, envelope)
    except Exception:
        log.exception("senders unknown")
        return About((envelope.sender,) if envelope.sender else (), envelope.address)


def _vector(vectors: dict[str, bytes]) -> bytes | None:
    return next(iter(vectors.values()), None)
