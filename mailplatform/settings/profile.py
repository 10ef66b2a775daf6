"""How much memory the platform may take: a profile for hosts with 3 GB and more, and a small one.

`auto` looks at what the machine has and at what the control groups above this process leave of it.
"""

from dataclasses import dataclass
from pathlib import Path

SMALL_BELOW = 3 * 2**30
_V1_GROUPS = "memory"
_LIMITS = {"": "memory.max", _V1_GROUPS: "memory.limit_in_bytes"}


@dataclass(frozen=True, slots=True)
class Profile:
    """The sizes that depend on how much memory there is."""

    name: str
    worker_threads: int | None
    """Threads of the one Celery worker; None means a worker for each queue."""
    housekeepers: int
    """How many threads keep house side by side, so that a long chore does not keep the others waiting."""
    listener_connections: int
    """Connections of the pool of one listener process."""
    courier_connections: int
    """Connections of one run of remote delivery."""
    web_connections: int | None
    """Connections that the threads of the web process share; None means one for each."""
    workers_keep_connections: bool
    """Whether a Celery worker's threads keep their connections between two tasks."""
    folder_cache_bytes: int
    pack_cache_bytes: int
    filing_bytes: int
    """Bytes of messages one IMAP process takes from clients at once."""
    postgres: dict[str, str]
    """Options of the embedded PostgreSQL."""


NORMAL = Profile(
    name="normal",
    worker_threads=None,
    housekeepers=2,
    listener_connections=4,
    courier_connections=4,
    web_connections=None,
    workers_keep_connections=True,
    folder_cache_bytes=64 * 2**20,
    pack_cache_bytes=48 * 2**20,
    filing_bytes=256 * 2**20,
    postgres={"max_connections": "200", "shared_buffers": "256MB", "max_wal_size": "2GB"},
)

# Together at most sixteen connections: two listeners with a pool and a bridge of 2 each, web 2, the worker 5 (one
# files mail, one keeps house, two look what is to send or send it, one answers /readyz), the supervisor 1.
# The server has four more, for manage.py and psql.
SMALL = Profile(
    name="small",
    worker_threads=4,  # One files mail, two send it, one keeps house.
    housekeepers=1,
    listener_connections=2,
    courier_connections=1,
    web_connections=2,
    workers_keep_connections=False,
    folder_cache_bytes=16 * 2**20,
    pack_cache_bytes=32 * 2**20,
    filing_bytes=64 * 2**20,
    postgres={
        "max_connections": "20",
        "shared_buffers": "96MB",
        "max_wal_size": "512MB",
        "maintenance_work_mem": "32MB",
        "effective_cache_size": "512MB",
        # Reading ahead is worth little here, and each worker keeps buffers of its own.
        "io_workers": "1",
        "max_logical_replication_workers": "0",
        # Locks are counted for each connection there may be; a migration of all partitions needs thousands.
        "max_locks_per_transaction": "256",
    },
)


def choose(word: str) -> Profile:
    """Return the profile of that name; `auto` chooses by memory."""
    if word == "auto":
        return SMALL if usable_memory() < SMALL_BELOW else NORMAL
    return {profile.name: profile for profile in (SMALL, NORMAL)}[word]


def usable_memory(root: Path = Path("/")) -> int:
    """Return the bytes this process and those beside it may use: what the machine has, or a group's limit."""
    return min([_machine(root), *_limits(root)])


def _machine(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemTotal:")) * 1024
    except (OSError, ValueError, IndexError, StopIteration):
        return SMALL_BELOW


def _limits(root: Path) -> list[int]:
    """Return the limits of our control group and of all above it, in version 2 or 1; none where none is set."""
    try:
        groups = [line.split(":", 2)[1:] for line in (root / "proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return []
    found = []
    for controllers, path in groups:
        kind = _V1_GROUPS if _V1_GROUPS in controllers.split(",") else controllers
        if kind not in _LIMITS:
            continue
        top = root / "sys/fs/cgroup" / kind
        own = top / path.strip("/")
        # A container may see its group at the top although the path names the place on the host.
        for directory in {top, own, *own.parents}:
            if directory.is_relative_to(top) and ".." not in directory.parts:
                try:
                    found.append(int((directory / _LIMITS[kind]).read_text()))
                except (OSError, ValueError):  # "max": no limit.
                    continue
    return found
