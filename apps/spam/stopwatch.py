"""Time that one message may take: looked at between steps, and where it can be, enforced within them."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType


class OutOfTime(BaseException):
    """A step took longer than there was time for."""


AGAIN_SECONDS = 0.1


class Stopwatch:
    """Seconds from now on."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends = clock() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left; 0 when it is over."""
        return max(0.0, self._ends - self._clock())

    @contextlib.contextmanager
    def watching(self, *, may_stop: bool) -> Iterator[None]:
        """Let a step run; raise OutOfTime within it when the time is over, where this thread can be told.

        Only a process's main thread hears a timer. On another the step goes on, and its own bounds must hold.
        """
        if not may_stop or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _stop)
        # Again and again: a destructor or a callback that it hits would swallow the first.
        signal.setitimer(signal.ITIMER_REAL, max(self.left, 0.001), AGAIN_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
