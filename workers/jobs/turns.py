"""How long one run of a task lasts, and how it hears that its worker is told to stop."""

import threading
import time
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
