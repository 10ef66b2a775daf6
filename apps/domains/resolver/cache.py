"""What was asked lately: bounded in number, in bytes and in time.

Servers say how long an answer holds, and a hostile one may say a second or a century. Faults are kept for a moment,
too (RFC 9520): a broken domain that sends a thousand messages is asked once in that time.
"""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from apps.protocols.mailauth.lookups import Answer, Lookup, Mx, Record, Status, Tlsa

LEAST_SECONDS, MOST_SECONDS = 10, 3600
MOST_NEGATIVE_SECONDS = 600
FAULT_SECONDS = 5
MOST_ENTRIES = 10_000
MOST_BYTES = 16_000_000
ENTRY_BYTES = 500  # Key, answer, node and tuple, beside the records themselves.

EVERY_KIND = "*"


class Cache:
    """Answers by name and kind, the longest unused go first; for any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[float, int, Answer]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, lookup: Lookup) -> Answer | None:
        """Return an answer that still holds."""
        name = lookup.name.lower()
        with self._lock:
            for key in ((name, lookup.kind), (name, EVERY_KIND)):
                found = self._kept.get(key)
                if found is not None:
                    if found[0] > self._clock():
                        self._kept.move_to_end(key)
                        return found[2]
                    self._drop(key)
        return None

    def put(self, lookup: Lookup, answer: Answer, *, is_of_every_kind: bool = False) -> None:
        """Keep an answer; a name that does not exist has records of no kind (RFC 2308 5)."""
        key = (lookup.name.lower(), EVERY_KIND if is_of_every_kind else lookup.kind)
        size = ENTRY_BYTES + len(key[0]) + len(answer.reason) + sum(map(_size, answer.records))
        with self._lock:
            if key in self._kept:
                self._drop(key)
            self._kept[key] = (self._clock() + seconds_kept(answer), size, answer)
            self.size += size
            while len(self._kept) > MOST_ENTRIES or self.size > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[str, str]) -> None:
        self.size -= self._kept.pop(key)[1]


def seconds_kept(answer: Answer) -> int:
    """For how long an answer is kept."""
    if answer.status is Status.FAULT:
        return FAULT_SECONDS
    most = MOST_SECONDS if answer.status is Status.FOUND else MOST_NEGATIVE_SECONDS
    return max(LEAST_SECONDS, min(answer.ttl, most))


def _size(record: Record) -> int:
    match record:
        case Mx():
            return sys.getsizeof(record.exchange) + 150
        case Tlsa():
            return len(record.data) + 150
    return sys.getsizeof(record)
