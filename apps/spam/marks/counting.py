"""What a portion of marks adds to the counts of a mailbox, in as few statements as there are kinds of them."""

import numpy as np

from apps.events.transactions import Plan, Run
from apps.spam.models import Trained

from . import sql
from .values import Learnt, Tokens

Label = Trained.Label


class Delta:
    """What is to be added to the counts of a scope."""

    def __init__(self) -> None:
        self.tokens: dict[int, list[float]] = {}
        self.total = [0.0, 0.0]

    def add(self, tokens: Tokens, label: int, sign: int) -> None:
        """Count a message as good or bad, or uncount it."""
        self.total[label] += sign
        for token in tokens.tolist():
            self.tokens.setdefault(token, [0.0, 0.0])[label] += sign


def count(scope: int, delta: Delta, learnt: Learnt) -> Plan[None]:
    """Count what was learned, and what was not."""
    changed = {token: (bad, good) for token, (good, bad) in delta.tokens.items() if good or bad}
    if changed:
        bad, good = zip(*changed.values(), strict=True)
        yield Run(sql.COUNT, [scope, list(changed), list(bad), list(good)])
        if fallen := [token for token, change in changed.items() if min(change) < 0]:
            yield Run(sql.MEND, [scope, fallen])
            yield Run(sql.CLEAR, [scope, fallen])
    yield Run(
        sql.COUNT_TOTAL,
        {
            "scope": scope,
            "spam": delta.total[Label.BAD],
            "ham": delta.total[Label.GOOD],
            "skipped": sum(learnt.skipped.values()),
            "why": ", ".join(learnt.skipped),
        },
    )


def packed(tokens: Tokens) -> bytes:
    """Return tokens as they are kept."""
    return tokens.astype("<i8").tobytes()


def unpacked(kept: bytes) -> Tokens:
    """Read what was kept."""
    return np.frombuffer(kept, "<i8").astype(np.int64)
