"""Start the whole system in a directory of its own, on ports of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.e2e.processes import children, free_ports, name_of

ROOT = Path(__file__).parents[2]
DOORS = ("WEB", "SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS")
OURS = ("MAIL_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def environment(state: Path, **settings: str) -> dict[str, str]:
    """Return an environment without the suite's own settings, with free ports and this state directory."""
    found = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    ports = free_ports(len(DOORS) + 1)
    found |= {f"MAIL_{door}_PORT": str(port) for door, port in zip(DOORS, ports, strict=False)}
    return found | {"MAIL_HEALTH_PORT_BASE": str(_free_block()), "MAIL_STATE_DIR": str(state)} | settings


def _free_block() -> int:
    # Below the range from which the system gives out ports, so that only another run of these tests could
    # take one meanwhile; each starts looking elsewhere.
    for attempt in range(400):
        first = 15000 + (os.getpid() + 7 * attempt) % 400 * 40
        if all(map(_is_free, range(first, first + 12))):
            return first
    raise RuntimeError("no twelve free ports in a row between 15000 and 31000")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def others_take() -> float:
    """Return how many times longer things last here because others use the processors."""
    return max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


class System:
    """A running `python -m workers.supervisor`."""

    def __init__(self, state: Path, env: dict[str, str]) -> None:
        self.state, self.env = state, env
        self.began = time.monotonic()
        self.out = (state / "out").open("w+")
        # A shell makes what it starts in the background deaf to SIGINT, and the supervisor keeps to that.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workers.supervisor"], cwd=ROOT, env=env, stdout=self.out, stderr=self.out,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def said(self) -> str:
        """Return what it printed."""
        return (self.state / "out").read_text()

    def wait(self, seconds: float = 60) -> dict[str, Any]:
        """Wait until run.json is there; return it."""
        deadline = time.monotonic() + seconds * others_take()
        while not (self.state / "run.json").exists():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        self.took = time.monotonic() - self.began
        found: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        return found

    def pids(self) -> dict[str, int]:
        """Return the processes it keeps, by name."""
        return {name_of(pid): pid for pid in children().get(self.process.pid, [])}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; return how long that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        self.out.close()
        return time.monotonic() - began
