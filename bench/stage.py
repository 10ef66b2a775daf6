"""Servers of a benchmark's own, and what processes cost, read from /proc."""

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.supervisor.binaries import link_binaries
from workers.supervisor.certificates import ensure_certificates
from workers.supervisor.postgres import Postgres
from workers.supervisor.valkey import Valkey

ROOT = Path(__file__).parents[1]
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stage:
    """A durable PostgreSQL and a Valkey with an empty, migrated database; Django is set up over it."""

    root: Path
    postgres: int
    valkey: int


@contextmanager
def stage() -> Iterator[Stage]:
    """Start the servers, migrate, and stop everything on leaving."""
    root = Path(tempfile.mkdtemp(prefix="mp-bench-"))
    root.chmod(0o711)  # Where PostgreSQL runs under a uid of its own, that has to enter.
    os.environ |= {
        "MAIL_STATE_DIR": str(root / "state"),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.production",
    }
    namespaces = os.environ.get("MAIL_NO_USERNS") != "1"
    postgres, valkey = Postgres(root / "pg", namespaces=namespaces), Valkey(root / "valkey")
    link_binaries(root, namespaces=namespaces)
    ensure_certificates(root / "state" / "tls", ["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
    try:
        postgres.start()
        valkey.start()
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = postgres.url, valkey.url
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        import django

        django.setup()
        assert postgres.process is not None
        assert valkey.process is not None
        yield Stage(root, postgres.process.pid, valkey.process.pid)
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(root, ignore_errors=True)


def children(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = task.read_text().split()
        except OSError:
            continue
        for child in below:
            found += children(int(child))
    return found


def cpu_seconds(*roots: int) -> float:
    """Return the CPU ever used by these processes, their descendants, and the children they have reaped."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    todo, seen, ticks = list(roots), set[int](), 0
    while todo:
        pid = todo.pop()
        if pid not in seen and (stat := _stat(pid)):
            seen.add(pid)
            ticks += sum(map(int, stat[11:15]))
            todo += children.get(pid, [])
    return ticks / TICK


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat that follow the command's name."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
