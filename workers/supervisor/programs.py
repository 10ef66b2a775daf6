"""What runs: the embedded servers, then the processes of the platform."""

import importlib.util
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from .children import Program
from .postgres import Postgres, is_recovering
from .valkey import Valkey

# The mark by which the next supervisor knows processes that outlived this one.
MARK = "MAIL_SUPERVISED"

# One thread that looks at the queue at a time for each lane; `default` does small things side by side.
# A second remote thread begins anew where slow hosts keep the first from ending.
CELERY_THREADS = {"local": 1, "remote": 2, "default": 2}


# Web, workers and supervisor of the small profile, and four for manage.py and psql.
OTHER_CONNECTIONS = 12


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded server and how to tell that it answers."""

    program: Program
    answers: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Process:
    """A process of ours and the port on loopback where it says whether it is ready."""

    program: Program
    health_port: int


def embedded_postgres() -> Postgres:
    """Return the embedded PostgreSQL of this installation."""
    return Postgres(
        settings.MAIL_STATE_DIR / "pg",
        namespaces=not settings.MAIL_NO_USERNS,
        sizes=settings.PROFILE.postgres | {"max_connections": str(_connections())},
    )


def _connections() -> int:
    """Return how many connections the server must take: those of the profile, or more for more listeners."""
    listeners = settings.MAIL_SMTP_PROCESSES + settings.MAIL_IMAP_PROCESSES + bool(settings.MAIL_DKIM_PORT)
    each: int = 2 * settings.MAIL_DB_CONNECTIONS
    return max(int(settings.PROFILE.postgres["max_connections"]), OTHER_CONNECTIONS + listeners * each)


def embedded_valkey() -> Valkey:
    """Return the embedded Valkey of this installation."""
    return Valkey(settings.MAIL_STATE_DIR / "valkey")


def end_leftover_servers() -> None:
    """End embedded servers that outlived a supervisor that was killed."""
    if not settings.DATABASE_URL:
        embedded_postgres().end_leftover()
    if settings.EMBEDDED_VALKEY:
        embedded_valkey().end_leftover()


def servers() -> list[Server]:
    """Return the servers to start: those that DATABASE_URL and REDIS_URL do not name."""
    found = []
    if not settings.DATABASE_URL:
        postgres = embedded_postgres()
        found.append(
            Server(
                Program(
                    "postgresql",
                    postgres.command,
                    directory=postgres.root,
                    output=postgres.log,
                    before=postgres.initialise,
                    options=lambda: postgres.identity.options,
                    stop_signal=signal.SIGINT,  # "Fast" shutdown: clients are not waited for.
                    last_signal=signal.SIGQUIT,  # "Immediate": it recovers from its log at the next start.
                    longest_pause=2,
                    is_excused=is_recovering,
                ),
                postgres.answers,
            )
        )
    if settings.EMBEDDED_VALKEY:
        valkey = embedded_valkey()
        found.append(
            Server(
                Program(
                    "valkey",
                    valkey.command,
                    directory=valkey.root,
                    output=valkey.log,
                    before=valkey.initialise,
                    longest_pause=2,
                ),
                valkey.answers,
            )
        )
    return found


def processes() -> list[Process]:
    """Return the processes of the platform, in the order in which they are started."""
    python = [sys.executable, "-m"]
    listed: list[tuple[str, list[str]]] = []
    for door, count in (("smtp", settings.MAIL_SMTP_PROCESSES), ("imap", settings.MAIL_IMAP_PROCESSES)):
        if importlib.util.find_spec(f"workers.{door}.__main__"):
            names = [door] if count == 1 else [f"{door}-{number}" for number in range(1, count + 1)]
            listed += [(name, [*python, f"workers.{door}"]) for name in names]
    if settings.MAIL_DKIM_ZONE and settings.MAIL_DKIM_PORT:
        listed.append(("dns", [*python, "workers.dns"]))
    listed += _celery([*python, "workers.jobs"])
    ports = {name: settings.MAIL_HEALTH_PORT_BASE + number for number, (name, _) in enumerate(listed)}
    # The web process shows how the others are.
    shown = {"MAIL_HEALTH_PORTS": ",".join(f"{name}={port}" for name, port in ports.items())}
    web = _process("web", [*python, "workers.web"], settings.MAIL_WEB_PORT, 0, **shown)
    return [web, *(_process(name, words, ports[name], ports[name]) for name, words in listed)]


def _celery(command: list[str]) -> list[tuple[str, list[str]]]:
    """Return the workers: one for all queues, or one for each; the last also runs the schedule."""
    judges = settings.MAIL_SPAM and settings.MAIL_SCAN_CHILDREN > 0
    if (threads := settings.PROFILE.worker_threads) is not None:
        queues = [*CELERY_THREADS, *(["scan"] if judges else [])]
        return [("celery", [*command, ",".join(queues), "--threads", str(threads + judges), "--beat"])]
    workers = [
        (f"celery-{queue}", [*command, queue, "--threads", str(threads)])
        for queue, threads in CELERY_THREADS.items()
    ]
    workers[-1][1].append("--beat")
    if judges:
        workers.append(("celery-scan", [*command, "scan", "--children", str(settings.MAIL_SCAN_CHILDREN)]))
    return workers


def _process(name: str, words: list[str], port: int, own_port: int, **more: str) -> Process:
    environment = {
        **more,
        "MAIL_PROCESS": name,
        "MAIL_HEALTH_PORT": str(own_port),
        MARK: str(settings.MAIL_STATE_DIR),
        "MAIL_PROFILE": settings.PROFILE.name,
    }
    return Process(
        Program(name, lambda: words, environment, directory=Path(settings.BASE_DIR)), health_port=port
    )
