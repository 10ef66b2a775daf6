"""What was learned says of a message: everybody's model and the site's words once, then each recipient's own with them."""

import collections
import logging
import struct
import threading
import weakref
from collections.abc import Mapping, Sequence

import numpy as np

from apps.events.transactions import ask, query
from apps.spam import learned
from apps.spam.learning import bayes, linear
from apps.spam.learning.features import Features
from apps.spam.learning.fusion import Calibration
from apps.spam.learning.learner import Said, Seen
from apps.spam.sources import Found, Home, Message

from . import sql
from .counts import Level, counts_for
from .own import DamagedError, Own
from .values import SITE, Counts, Tokens, Wanted, chain
from .versions import Base

log = logging.getLogger(__name__)

MOST_OWN = 16
"""So many mailboxes' weights are kept in memory: 1.6 MB each."""
_VECTOR = struct.Struct("<6f")
_NOBODY = np.zeros(0, np.bool_)


class Learned:
    """Asks what was learned; one for a process, loaded before it has children."""

    def __init__(self) -> None:
        self.base = Base()
        self.level = Level(SITE)
        self._owns: collections.OrderedDict[int, tuple[int, Own]] = collections.OrderedDict()
        self._seen = Seen(_NOBODY)
        self._scored: weakref.WeakKeyDictionary[Message, Mapping[str, float]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def load(self) -> None:
        """Have what is shipped in memory, without the database: children share it."""
        self.base.load()
        self._look_at_words()

    def version(self) -> str:
        """Return which model speaks, and which words of the site."""
        return f"{self.base.version}/{self.level.version}"

    def refresh(self) -> None:
        """Read anew what changed."""
        with self._lock:
            if self.base.refresh():
                self._look_at_words()
            self.level.refresh()

    def _look_at_words(self) -> None:
        found = self.base.prior.seen if self.base.prior is not None else _NOBODY
        self._seen = Seen(found if len(found) else np.zeros(1, np.bool_))

    def site(self, message: Message) -> Found:
        """Say what everybody was taught."""
        self.refresh()
        found = message.features
        counts = self.level.counts(_tokens(found))
        return _said(self._judge(found, self._scores(message), [counts]))

    def homes(self, message: Message, homes: Sequence[Home]) -> Mapping[int, Found]:
        """Say what each recipient was taught besides: a handful of statements for all of them."""
        self.refresh()
        found = message.features
        tokens, scores = _tokens(found), self._scores(message)
        wanted = [Wanted(tokens, chain(home.organisation_id, home.mailbox_id)) for home in homes]
        counts = counts_for(wanted, self.level)
        ids = [home.mailbox_id for home in homes]
        owns = self._own(
            {one: counted[one].own for one, counted in zip(ids, counts, strict=True) if counted[one].own}
        )
        told = {}
        for home, one, counted in zip(homes, wanted, counts, strict=True):
            mine = dict(scores)
            if (own := owns.get(home.mailbox_id)) is not None:
                for group, said in own.scores(found).items():
                    mine[group] = mine.get(group, 0.0) + said
            told[home.mailbox_id] = _said(self._judge(found, mine, [counted[scope] for scope in one.scopes]))
        return told

    def _scores(self, message: Message) -> Mapping[str, float]:
        """Return what everybody's model says, asked once for a message."""
        if (known := self._scored.get(message)) is not None:
            return known
        scores = linear.scores(self.base.prior.model, message.features) if self.base.prior else {}
        self._scored[message] = scores
        return scores

    def _judge(self, found: Features, scores: Mapping[str, float], counted: Sequence[Counts]) -> Said:
        said = {**scores, "bayes": bayes.score(bayes.weigh([_level(one) for one in counted]))}
        familiar = max(self._seen.share(found), _share(found, counted))
        calibration = self.base.prior.calibration if self.base.prior else Calibration()
        full = calibration(said)
        return Said(said, familiar, calibration(said, familiar), full > 0)

    def _own(self, versions: Mapping[int, int]) -> dict[int, Own]:
        """Return the weights of those who have any, in these versions or newer."""
        with self._lock:
            known = {
                one: kept[1] for one in versions if (kept := self._owns.get(one)) and kept[0] == versions[one]
            }
        missing = sorted(set(versions) - set(known))
        for mailbox_id, version, digest, data in ask(query(sql.OWNS, [missing])) if missing else ():
            try:
                known[mailbox_id] = Own.read(data, digest)
            except DamagedError as error:
                # The next mark makes it again.
                log.error("own weights damaged", extra={"mailbox": mailbox_id, "reason": str(error)})  # noqa: TRY400 - one line says it
                continue
            with self._lock:
                self._owns[mailbox_id] = version, known[mailbox_id]
                self._owns.move_to_end(mailbox_id)
                while len(self._owns) > MOST_OWN:
                    self._owns.popitem(last=False)
        return known


def _tokens(found: Features) -> Tokens:
    """Return words and pairs in their order, words first."""
    return found.tokens.view(np.int64)


def _level(counts: Counts) -> bayes.Level:
    return bayes.Level(
        np.rint(counts.spam).astype(np.int64),
        np.rint(counts.ham).astype(np.int64),
        round(counts.all_spam),
        round(counts.all_ham),
    )


def _share(found: Features, counted: Sequence[Counts]) -> float:
    """Return the share of the words that anybody on these levels was taught."""
    if not len(found.words):
        return 0.0
    known = np.zeros(len(found.words), np.bool_)
    for one in counted:
        known |= (one.spam + one.ham)[: len(known)] > 0
    return float(known.mean())


def _said(said: Said) -> Found:
    return Found(learned.evidence(said), pack(said))


def pack(said: Said) -> bytes:
    """Return what the learned part saw, small enough to be kept with each verdict."""
    scores = [said.scores.get(name, 0.0) for name in ("words", "grams", "facts", "bayes")]
    return _VECTOR.pack(*scores, said.familiar, said.score)


def unpack(vector: bytes) -> Said:
    """Read what was kept, for judging it again by arithmetic; ValueError for anything else."""
    try:
        words, grams, facts, told, familiar, score = _VECTOR.unpack(vector)
    except struct.error as error:
        raise ValueError("not what the learned part saw") from error
    scores = {"words": words, "grams": grams, "facts": facts, "bayes": told}
    return Said(scores, familiar, score, score > 0)
