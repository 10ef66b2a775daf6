"""The whole judge for mail in files: all sources that need neither database nor network, and a learner of one's own."""

import time
from dataclasses import dataclass

from apps.spam.content import examine
from apps.spam.envelopes import Envelope
from apps.spam.judging import Judge
from apps.spam.learned import evidence
from apps.spam.learning import stripping
from apps.spam.learning.features import Features
from apps.spam.learning.learner import Learner
from apps.spam.rules import starter
from apps.spam.sources import Message, SiteSource, Source, Sources
from apps.spam.symbols import Evidence
from apps.spam.words import words

NOBODY = Envelope()


def meanings() -> dict[str, str]:
    """Return what symbols mean, those of the rules of the release too."""
    found = {one.rule.name: one.rule.description for one in starter.document().rules}
    return {**{name: str(said) for name, said in words().items()}, **found}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is done with a message, and what it cost."""

    score: float
    action: str
    cpu_ms: float
    evidence: Evidence


class OfflineJudge:
    """Judges by a learner, by content and by the rules of the release; or by the learner alone."""

    def __init__(self, learner: Learner, *, alone: bool = False) -> None:
        self.learner = learner
        self._features: Features | None = None
        site: list[SiteSource] = [Source("learned", self._learned)]
        if not alone:
            rules = starter.rule_set()
            site += [
                Source("content", lambda message: examine(message.reading, message.files)),
                Source(
                    "rules", lambda message: rules.match(message.reading, message.envelope, message.symbols)
                ),
            ]
        self._judge = Judge(Sources(site))

    def judge(self, raw: bytes) -> Answer:
        """Judge a message, without what would tell how it was collected."""
        began = time.thread_time()
        self._features = None
        report = self._judge.judge(stripping.stripped(raw), NOBODY)
        spent = (time.thread_time() - began) * 1000
        return Answer(report.score, report.decision.action.value, spent, report.evidence)

    def learn(self, *, is_spam: bool) -> None:
        """Learn the message judged last."""
        if self._features is not None:
            self.learner.learn(self._features, is_spam=is_spam)

    def _learned(self, message: Message) -> Evidence:
        self._features = message.features
        return evidence(self.learner.judge(message.features))
