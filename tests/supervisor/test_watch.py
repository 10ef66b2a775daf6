"""A process that runs but does not answer is ended and comes back; one that answers, or is excused, is left alone."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from workers.supervisor import children
from workers.supervisor.children import Child, Program, stop_all
from workers.supervisor.watch import watch


async def starts_after_a_while(answers: Callable[[], bool], *, is_excused: Callable[[int], bool]) -> int:
    """Keep a sleeping process, watch it with little patience, and count its starts."""
    command = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    child = Child(Program("sleeper", lambda: command, is_excused=is_excused))
    child.keep()
    watching = asyncio.create_task(watch({child: answers}, every=0.02, patience=0.2))
    for _ in range(50):
        await asyncio.sleep(0.02)
        if child.starts > 1:
            break
    watching.cancel()
    await stop_all([child], 5)
    return child.starts


@pytest.mark.parametrize(
    ("answers", "excused", "starts"), [(False, False, 2), (True, False, 1), (False, True, 1)]
)
def test_who_is_ended(
    answers: bool,
    excused: bool,
    starts: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.01)
    assert asyncio.run(starts_after_a_while(lambda: answers, is_excused=lambda pid: excused)) == starts
