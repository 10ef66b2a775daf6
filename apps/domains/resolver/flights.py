"""Questions under way: the same one is asked once, and not too many at a time.

A thousand messages of one sender come at once, and none of them finds an answer in the cache yet. And a stranger whose
name servers never answer must not fill this process with sockets, nor keep others waiting: the questions of one zone
get an eighth of the turns.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from apps.protocols.mailauth.lookups import Answer, Lookup

MOST_AT_ONCE = 200
MOST_WAITING = 5_000
SHARED = [
    [label] for label in ("ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org")
]  # As in co.uk.


class TooBusyError(Exception):
    """No more questions are taken, or there was no turn in time."""


class InHurryError(Exception):
    """Whoever asked had no time to wait for the answer, which says nothing about the domain."""


@dataclass(slots=True)
class _Loop:
    slots: asyncio.Semaphore
    zones: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    tasks: dict[Lookup, asyncio.Task[Answer]] = field(default_factory=dict)


def zone_of(name: str) -> str:
    """Return what the questions of one stranger have in common: roughly a domain that somebody registered."""
    labels = name.lower().rsplit(".", 10)
    if labels[-1] == "arpa":
        # Of an address as much as one operator is given: 16 bits, or 32 of IPv6.
        return ".".join(labels[-10 if labels[-2:-1] == ["ip6"] else -4 :])
    return ".".join(labels[-3:] if len(labels[-1]) == 2 and labels[-2:-1] in SHARED else labels[-2:])


async def _in_turn(
    zone: asyncio.Semaphore, slots: asyncio.Semaphore, ask: Callable[[], Coroutine[Any, Any, Answer]]
) -> Answer:
    async with zone, slots:
        return await ask()


class Flights:
    """Shares questions between those who ask them, on any loop and in any thread."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._most_of_zone = max(1, most // 8)
        self._loops: dict[asyncio.AbstractEventLoop, _Loop] = {}
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(most)
        self._threads: dict[Lookup, Future[Answer]] = {}

    async def share(self, lookup: Lookup, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Return the answer to a question; who gives up waiting does not take it from the others."""
        loop = asyncio.get_running_loop()
        with self._lock:
            mine = self._loops.setdefault(loop, _Loop(asyncio.Semaphore(self._most)))
        task = mine.tasks.get(lookup)
        if task is None:
            if len(mine.tasks) >= MOST_WAITING:
                raise TooBusyError("too many questions")
            # The task keeps the semaphore of its zone; with the last of them it goes.
            key = zone_of(lookup.name)
            zone = mine.zones.get(key) or mine.zones.setdefault(key, asyncio.Semaphore(self._most_of_zone))
            task = mine.tasks[lookup] = loop.create_task(_in_turn(zone, mine.slots, ask))
            task.add_done_callback(partial(self._landed, loop, lookup))
        return await asyncio.shield(task)

    def _landed(self, loop: asyncio.AbstractEventLoop, lookup: Lookup, _: asyncio.Task[Answer]) -> None:
        with self._lock:
            tasks = self._loops[loop].tasks
            del tasks[lookup]
            if not tasks:
                # A thread that makes a loop for each inquiry must not leave them all here.
                del self._loops[loop]

    def share_sync(self, lookup: Lookup, ask: Callable[[float], Answer], seconds: float) -> Answer:
        """Do the same between threads, with the time there is; raises TooBusyError and InHurryError."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            with self._lock:
                other = self._threads.get(lookup)
                if other is None:
                    mine = self._threads[lookup] = Future[Answer]()
            if other is None:
                return self._fly(lookup, mine, ask, left)
            try:
                return other.result(left)
            except InHurryError:
                continue
            except TimeoutError:
                break
        raise InHurryError

    def _fly(
        self, lookup: Lookup, mine: Future[Answer], ask: Callable[[float], Answer], left: float
    ) -> Answer:
        try:
            answer = self._in_turn(ask, left)
            mine.set_result(answer)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._threads[lookup]
        return answer

    def _in_turn(self, ask: Callable[[float], Answer], left: float) -> Answer:
        ends = time.monotonic() + left
        if not self._slots.acquire(timeout=left):
            raise TooBusyError("too many questions")
        try:
            return ask(max(0.01, ends - time.monotonic()))
        finally:
            self._slots.release()
