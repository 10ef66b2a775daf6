"""How long one run of a task lasts, how many run side by side, and how they hear that the worker stops."""

import threading
import time
from collections.abc import Callable
from typing import Any

from celery import signals

from apps.mailflow.run_queue import Turn

SECONDS = 50.0
_stopping = threading.Event()


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    _stopping.set()


def turn(seconds: float = SECONDS) -> Turn:
    """Begin a turn: no new work after `seconds`, or once the worker shuts down."""
    return Turn(time.monotonic, time.monotonic() + seconds, _stopping.is_set)


class Lane:
    """At most so many runs of one job at a time, so that no job keeps the threads of a shared worker from others.

    Whoever comes when all places are taken does not wait: who is at work looks once more instead.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._again = False
        self._lock = threading.Lock()

    def run(self, work: Callable[[], object]) -> None:
        """Do `work`, or leave it to who is doing it."""
        with self._lock:
            if self._places == 0:
                self._again = True
                return
            self._places -= 1
        try:
            while True:
                work()
                if self._leave_unless_wanted():
                    return
        except BaseException:
            with self._lock:
                self._places += 1
            raise

    def _leave_unless_wanted(self) -> bool:
        with self._lock:
            again, self._again = self._again and not _stopping.is_set(), False
            self._places += not again
            return not again
