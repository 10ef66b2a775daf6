"""End a process that runs but has not answered for a minute; whoever keeps it starts it again.

A process can be lost without ending: PostgreSQL, for one, waits for ever when its startup process is killed
while it recovers from another crash.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from .children import Child

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


async def watch(
    asked: Mapping[Child, Callable[[], bool]],
    *,
    every: float = EVERY_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Ask every process again and again, until cancelled."""
    await asyncio.gather(*(_watch(child, answers, every, patience) for child, answers in asked.items()))


async def _watch(child: Child, answers: Callable[[], bool], every: float, patience: float) -> None:
    pid, heard = child.pid, time.monotonic()
    while True:
        await asyncio.sleep(every)
        if child.pid is None or child.pid != pid or await asyncio.to_thread(answers):
            pid, heard = child.pid, time.monotonic()
        elif await asyncio.to_thread(child.program.is_excused, pid):
            heard = time.monotonic()
        elif time.monotonic() - heard > patience:
            log.error("%s runs but has not answered for %.0f s; ending it", child.program.name, patience)
            child.signal(child.program.last_signal)
            heard = time.monotonic()
