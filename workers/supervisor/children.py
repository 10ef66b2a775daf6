"""Keep child processes running: started again with a growing pause, stopped together within a deadline.

Supervisord was tried first. It gives a program that fails quickly up after a few attempts and restarts one that
lives a little over its start time for ever without a pause; nothing waits until PostgreSQL answers; and when it is
killed its children live on and keep the ports. Those four things are what this module is about.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0  # Who ran this long starts with the shortest pause again.
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    command: Callable[[], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    output: Path | None = None
    before: Callable[[], None] = lambda: None
    options: Callable[[], Mapping[str, Any]] = dict
    stop_signal: signal.Signals = signal.SIGTERM
    last_signal: signal.Signals = signal.SIGKILL
    longest_pause: float = LONGEST_PAUSE
    is_excused: Callable[[int], bool] = lambda pid: False  # Silent for a good reason: see `watch`.


def _die_with_parent(number: int) -> Callable[[], None]:
    # Runs in the child between fork and exec: a supervisor that is killed takes its processes along.
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def ask() -> None:
        if library is not None:
            library.prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os.kill(os.getpid(), number)

    return ask


class Child:
    """A program and the process it runs in now."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0
        self._told = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        if self.process is None or self.process.returncode is not None:
            return None
        return self.process.pid

    def keep(self) -> None:
        """Start it, and again whenever it ends, until `stop`."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def run_once(self) -> int:
        """Start it, wait for its end and return its exit code."""
        await self._start()
        assert self.process is not None
        return await self.process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._told.is_set():
            began = time.monotonic()
            try:
                await self._start()
                assert self.process is not None
                code = await self.process.wait()
            except Exception as error:  # A full disk at start must not end the keeping.
                log.exception("could not start", extra={"program": self.program.name})
                reason = str(error)
            else:
                reason = f"exit code {code}" if code >= 0 else f"signal {-code}"
            if self._told.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            log.warning("%s ended (%s); starting it again in %.1f s", self.program.name, reason, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.program.longest_pause)

    async def _start(self) -> None:
        program = self.program
        await asyncio.to_thread(program.before)
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(program.output.open("ab")) if program.output else None
            self.process = await asyncio.create_subprocess_exec(
                *await asyncio.to_thread(program.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=program.directory,
                env={**os.environ, **program.environment},
                start_new_session=True,  # Ctrl-C is for us; we say when they stop.
                preexec_fn=_die_with_parent(program.stop_signal),
                **program.options(),
            )
        self.starts += 1
        log.info("started %s", program.name, extra={"pid": self.process.pid})

    async def stop(self, deadline: float) -> None:
        """Ask it to end, and insist at the deadline (time.monotonic)."""
        self._told.set()
        if self.pid is not None:
            self.signal(self.program.stop_signal)
            assert self.process is not None
            try:
                await asyncio.wait_for(self.process.wait(), max(deadline - time.monotonic(), 0))
            except TimeoutError:
                log.warning("%s did not stop in time; ending it", self.program.name)
                self.signal(self.program.last_signal)
                await self.process.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


async def stop_all(children: Sequence[Child], seconds: float) -> None:
    """Stop them side by side, all within `seconds`."""
    deadline = time.monotonic() + seconds
    await asyncio.gather(*(child.stop(deadline) for child in children))
