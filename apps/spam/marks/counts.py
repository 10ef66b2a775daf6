"""What tokens count for, cheaply enough to be asked of every message.

The site's level is the same for all: each worker keeps it in sorted arrays, and reads it anew when its version moved.
Organisations and mailboxes are asked by one statement for all messages of a batch.
"""

import logging
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from apps.events.transactions import Row, ask, query

from . import sql
from .values import SITE, Counts, Tokens, Wanted

log = logging.getLogger(__name__)

MOST_TOKENS = 400_000
"""Of a larger level, the best known: 10 MB."""
LOOK_SECONDS = 10.0


class Level:
    """A whole level in memory."""

    def __init__(self, scope: int = SITE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.scope = scope
        self.version = -1
        self._clock = clock
        self._look_at = -1.0
        self._tokens: Tokens = np.empty(0, np.int64)
        self._counts: NDArray[np.float64] = np.empty((0, 2))
        self._totals = (0.0, 0.0, 0)

    def refresh(self) -> bool:
        """Read the level anew if it changed, looking every ten seconds at most; return whether it did."""
        now = self._clock()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        rows = ask(query(sql.TOTALS, [[self.scope]]))
        if not rows:
            changed, self.version = self.version > 0, 0
            self._tokens, self._counts, self._totals = np.empty(0, np.int64), np.empty((0, 2)), (0.0, 0.0, 0)
            return changed
        [(_, spam, ham, voices, version, _)] = rows
        if version == self.version:
            return False
        kept = ask(query(sql.LEVEL, [self.scope, MOST_TOKENS]))
        self._tokens = np.fromiter((row[0] for row in kept), np.int64, len(kept))
        self._counts = np.array([row[1:] for row in kept], np.float64).reshape(-1, 2)
        self._totals, self.version = (spam, ham, voices), version
        log.info("level read", extra={"scope": self.scope, "version": version, "tokens": len(kept)})
        return True

    def counts(self, tokens: Tokens) -> Counts:
        """Return what these tokens count for."""
        spam, ham, voices = self._totals
        if not self._tokens.size:
            nothing = np.zeros(tokens.size)
            return Counts(nothing, nothing, spam, ham, voices)
        at = np.minimum(np.searchsorted(self._tokens, tokens), self._tokens.size - 1)
        found = np.where((self._tokens[at] == tokens)[:, None], self._counts[at], 0.0)
        return Counts(found[:, 0], found[:, 1], spam, ham, voices)


def counts_for(wanted: Sequence[Wanted], site: Level | None = None) -> list[dict[int, Counts]]:
    """Return, for each message, what its tokens count for in each of its scopes: two statements for all.

    With a `site` that is kept in memory, that scope costs none.
    """
    if site is not None:
        site.refresh()
    scopes = sorted({scope for one in wanted for scope in one.scopes if site is None or scope != site.scope})
    tokens = np.unique(np.concatenate([one.tokens for one in wanted])) if wanted else np.empty(0, np.int64)
    tables: dict[int, NDArray[np.float64]] = {}
    totals: dict[int, tuple[float, float, int, int]] = {}
    if scopes:
        for scope, spam, ham, voices, _, own in ask(query(sql.TOTALS, [scopes])):
            totals[scope] = spam, ham, voices, own
    # Who was taught nothing need not be asked.
    if (taught := sorted(totals)) and tokens.size:
        # As text: psycopg takes 2 ms to write a thousand numbers as an array.
        rows = ask(query(sql.COUNTS, [taught, f"{{{','.join(map(str, tokens.tolist()))}}}"]))
        tables = _tables(rows, tokens)
    told: list[dict[int, Counts]] = []
    for one in wanted:
        at = np.searchsorted(tokens, one.tokens)
        mine: dict[int, Counts] = {}
        for scope in one.scopes:
            if site is not None and scope == site.scope:
                mine[scope] = site.counts(one.tokens)
            else:
                part = tables[scope][at] if scope in tables else np.zeros((at.size, 2))
                mine[scope] = Counts(part[:, 0], part[:, 1], *totals.get(scope, (0.0, 0.0, 0, 0)))
        told.append(mine)
    return told


def _tables(rows: Sequence[Row], tokens: Tokens) -> dict[int, NDArray[np.float64]]:
    """Return, for each scope there are rows of, what each of the sorted tokens counts for."""
    if not rows:
        return {}
    scopes, found, spam, ham = (np.array(column) for column in zip(*rows, strict=True))
    at = np.searchsorted(tokens, found)
    tables = {}
    for scope in np.unique(scopes).tolist():
        table, of = np.zeros((tokens.size, 2)), scopes == scope
        table[at[of], 0], table[at[of], 1] = spam[of], ham[of]
        tables[scope] = table
    return tables
