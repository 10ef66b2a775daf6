"""A child is started again with a growing pause, and stopped whether it wants or not."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.supervisor import children
from workers.supervisor.children import Child, Program, stop_all

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)


def python(name: str, code: str, output: Path | None = None) -> Child:
    return Child(Program(name, lambda: [sys.executable, "-S", "-c", code], output=output))


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def pid_of(child: Child) -> int:
    await until(lambda: child.pid)
    assert child.pid is not None
    return child.pid


def test_who_is_killed_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.01)

    async def main() -> None:
        child = python("sleeper", "import time; time.sleep(60)")
        child.keep()
        os.kill(await pid_of(child), signal.SIGKILL)
        await until(lambda: child.starts == 2)
        await pid_of(child)
        await stop_all([child], 5)
        assert child.pid is None

    asyncio.run(main())


def test_who_fails_at_once_is_not_started_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.2)

    async def main() -> int:
        child = python("failing", "raise SystemExit(1)")
        child.keep()
        await asyncio.sleep(1.2)
        await stop_all([child], 5)
        return child.starts

    assert 2 <= asyncio.run(main()) <= 4  # After 0, 0.2, 0.6 and 1.4 seconds, and what Python needs to start.


def test_who_ignores_the_signal_is_ended_at_the_deadline(tmp_path: Path) -> None:
    async def main() -> float:
        child = python("stubborn", STUBBORN, tmp_path / "out")
        child.keep()
        await until(lambda: (tmp_path / "out").exists() and (tmp_path / "out").read_bytes())
        began = time.monotonic()
        await stop_all([child], 0.5)
        assert child.pid is None
        return time.monotonic() - began

    assert 0.4 < asyncio.run(main()) < 3
