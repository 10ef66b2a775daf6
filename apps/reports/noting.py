"""What we see, gathered in each process and counted in the database together: seldom a statement a message."""

import datetime as dt
import logging
from collections.abc import Iterable

from psycopg.types.json import Jsonb

from apps.events.transactions import Plan, Run, query

from . import sql
from .seen import Seen, TlsSeen, key_of, row_of

log = logging.getLogger(__name__)

MOST = 5_000
"""How many that are not alike one process gathers: whoever sends a new name with each message shall not fill it."""

type _Key = tuple[int, dt.date, Seen | TlsSeen]


class Notebook:
    """Gathers what was seen until somebody performs `written`; for one loop or one thread."""

    def __init__(self, most: int = MOST) -> None:
        self._counts: dict[_Key, int] = {}
        self._most = most
        self._lost = 0

    def __len__(self) -> int:
        return len(self._counts)

    def note(self, organisation_ids: Iterable[int], seen: Seen | TlsSeen, day: dt.date) -> None:
        """Count one message for each organisation that got it, or one session for whose mail it carried."""
        for organisation_id in set(organisation_ids):
            key = (organisation_id, day, seen)
            if key not in self._counts and len(self._counts) >= self._most:
                self._lost += 1
                continue
            self._counts[key] = self._counts.get(key, 0) + 1

    def written(self, *, instead: int | None = None) -> Plan[int]:
        """Count all that was gathered and begin a new page; return how many rows it was.

        `instead` is an organisation that all of it goes to. What a failed transaction took with it is lost: these are statistics.
        """
        counts, self._counts = self._counts, {}
        if instead is not None:
            counts = {(instead, day, seen): count for (_, day, seen), count in counts.items()}
        if self._lost:
            log.warning("observations not counted", extra={"count": self._lost})
            self._lost = 0
        yield from _count(sql.COUNT, [(key, n) for key, n in counts.items() if isinstance(key[2], Seen)])
        yield from _count(
            sql.COUNT_TLS, [(key, n) for key, n in counts.items() if isinstance(key[2], TlsSeen)]
        )
        return len(counts)


def house(hostname: str) -> Plan[int | None]:
    """Return the organisation on whose account this server, of that name, tells how TLS went."""
    rows = yield from query(sql.HOUSE, {"hostname": hostname})
    return rows[0][0] if rows else None


def _count(statement: str, items: list[tuple[_Key, int]]) -> Plan[None]:
    merged: dict[tuple[int, dt.date, str, bytes], tuple[dict[str, object], int]] = {}
    for (organisation_id, day, seen), count in items:
        row = row_of(seen)
        key = (organisation_id, day, seen.policy_domain[:253].lower(), key_of(row))
        # Two that differ only in what is too long to keep are one row.
        merged[key] = (row, merged.get(key, (row, 0))[1] + count)
    if not merged:
        return
    keys = list(merged)
    yield Run(
        statement,
        {
            "organisations": [key[0] for key in keys],
            "days": [key[1] for key in keys],
            "domains": [key[2] for key in keys],
            "keys": [key[3] for key in keys],
            "rows": [Jsonb(row) for row, _ in merged.values()],
            "counts": [count for _, count in merged.values()],
        },
    )
