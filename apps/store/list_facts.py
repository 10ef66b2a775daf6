"""What never changes of a folder's messages, as arrays: conversation, date, size, whether something is attached.

They are read once in a process and then only of what is new. Conversations can become one later: the log of
merges (`store_threadmerge`) says which, so nothing is read again for that.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.events.transactions import Plan, Row, query
from apps.protocols.imap.folder import FolderState, Uids

from .models import UID_LIMIT
from .sql import lists as sql
from .values import FolderRef

MOST_MESSAGES = 4_000_000
"""So many messages' facts are kept, at 29 bytes each."""

KEEP_SECONDS = 86400.0
"""Merges are logged for longer than facts are kept."""


@dataclass(slots=True, eq=False)
class Facts:
    """A folder's messages by ascending uid; some may be gone from the folder meanwhile."""

    uidvalidity: int
    merge: int = 0
    uids: Uids = field(default_factory=lambda: np.empty(0, np.uint32))
    threads: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    dates: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    sizes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    attached: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    orders: dict[str, tuple[int, Uids]] = field(default_factory=dict)
    read_at: float = field(default_factory=time.monotonic)


class FolderFacts:
    """The facts of one process, the least recently used let go."""

    def __init__(self, most: int = MOST_MESSAGES) -> None:
        self._most = most
        self._facts: OrderedDict[FolderRef, Facts] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, ref: FolderRef, state: FolderState) -> Plan[Facts]:
        """Return the facts of all messages of a folder in this state, and perhaps of some that are gone."""
        with self._lock:
            old = self._facts.get(ref)
        if (
            old is None
            or old.uidvalidity != state.uidvalidity
            or time.monotonic() - old.read_at > KEEP_SECONDS
        ):
            old = Facts(state.uidvalidity)
        merges, rows = yield from _after(ref, state, old)
        if any(before == 0 for _, before, _ in merges):
            old = Facts(state.uidvalidity)
            merges, rows = yield from _after(ref, state, old)
        new = Facts(old.uidvalidity, merges[-1][0] if merges else old.merge, read_at=old.read_at)
        uids, threads, dates, sizes, attached = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        new.uids = np.concatenate((old.uids, np.array(uids, np.uint32)))
        new.threads = np.concatenate((old.threads, np.array(threads, np.int64)))
        new.dates = np.concatenate((old.dates, np.array(dates, np.int64)))
        new.sizes = np.concatenate((old.sizes, np.array(sizes, np.int64)))
        new.attached = np.concatenate((old.attached, np.array(attached, np.bool_)))
        new.orders = old.orders
        for _, before, after in merges:
            new.threads[new.threads == before] = after
        self._keep(ref, new)
        return new

    def sorted(self, ref: FolderRef, facts: Facts, order: str) -> Plan[Uids]:
        """Return the uids in the order of a text, the first first."""
        last = int(facts.uids[-1]) if facts.uids.size else 0
        known = facts.orders.get(order)
        if known is None or known[0] != last:
            rows = yield from query(sql.SORTED[order], [ref.mailbox_id, ref.folder_id])
            known = facts.orders[order] = last, np.array([row[0] for row in rows], np.uint32)
        return known[1]

    def _keep(self, ref: FolderRef, facts: Facts) -> None:
        with self._lock:
            self._facts[ref] = facts
            self._facts.move_to_end(ref)
            while (
                len(self._facts) > 1
                and sum(int(each.uids.size) for each in self._facts.values()) > self._most
            ):
                self._facts.popitem(last=False)


def _after(ref: FolderRef, state: FolderState, old: Facts) -> Plan[tuple[list[Row], list[Row]]]:
    """Return the merges and the messages that came after what is known, each in its order."""
    last = int(old.uids[-1]) if old.uids.size else 0
    has_more = bool(state.uids.size) and int(state.uids[-1]) > last
    rows = yield from query(
        sql.FACTS,
        {
            "mailbox": ref.mailbox_id,
            "folder": ref.folder_id,
            "merge": old.merge,
            "after": last if has_more else UID_LIMIT,
        },
    )
    merges = sorted(row[1:4] for row in rows if row[0] == 0)
    return merges, sorted(row[1:] for row in rows if row[0] == 1)


FACTS = FolderFacts()
"""Those of this process."""
