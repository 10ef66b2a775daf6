"""`python -m workers.supervisor.alone ROLE MODULE ...`: run one process without the supervisor, as a container does.

It looks at the settings, waits a bounded time for
PostgreSQL and Valkey, makes the certificate where none is given, and waits for the migrations, or, as `migrate`,
does them. Then it becomes `python -m MODULE ...`, so that signals reach the process and its exit code is ours.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from mailplatform.settings.registry import SettingError

from .errors import CannotStart

# Of sysexits.h, so that whoever starts us can tell a mistake from bad luck.
UNAVAILABLE = 75
MISCONFIGURED = 78
PAUSE_SECONDS = 0.5


def main(role: str) -> int:
    """Check and wait; 78 with one line when a setting cannot work, 75 when something did not come in time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailplatform.settings.production")
    from django.conf import settings

    try:
        settings.configured or settings.BASE_DIR  # noqa: B018  # Reads every setting, and names a bad one.
        check(role)
    except (SettingError, ImproperlyConfigured, CannotStart) as error:
        return refuse(error, MISCONFIGURED)
    deadline = time.monotonic() + settings.MAIL_WAIT_SECONDS
    try:
        wait_for_servers(deadline)
        if role == "migrate":
            from . import prepare

            return prepare.main()
        until(deadline, migrated)
    except CannotStart as error:
        return refuse(error, UNAVAILABLE)
    return 0


def check(role: str) -> None:
    """Look at what needs no server; raises CannotStart."""
    from django.conf import settings

    from . import preflight

    if not settings.DATABASE_URL or settings.EMBEDDED_VALKEY:
        name = "REDIS_URL" if settings.DATABASE_URL else "DATABASE_URL"
        raise CannotStart(
            f"{name}: needed by a process that runs alone; `all` starts servers of its own instead"
        )
    preflight.check_directory()
    preflight.check_routes()
    ensure_certificate()
    preflight.check_certificate()
    warn = {
        "web": preflight.warnings,
        "smtp": preflight.certificate_warnings,
        "imap": preflight.certificate_warnings,
    }
    if role in warn:
        for line in warn[role]():
            print(f"mailplatform: Warning: {line}", file=sys.stderr)


def ensure_certificate() -> None:
    """Make or renew the local certificate, the last resort; processes that share the directory take turns."""
    from django.conf import settings

    from .run import make_certificate

    directory = Path(settings.MAIL_STATE_DIR) / "tls"
    directory.mkdir(mode=0o700, exist_ok=True)
    with (directory / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        make_certificate()


def wait_for_servers(deadline: float) -> None:
    """Wait until PostgreSQL and Valkey answer; raises CannotStart with what the last attempt heard."""
    from . import preflight

    until(deadline, preflight.check_database)
    until(deadline, preflight.check_valkey)


def until(deadline: float, attempt: Callable[[], None]) -> None:
    """Try again until it works; raises the CannotStart of the last attempt after the deadline."""
    while True:
        try:
            return attempt()
        except CannotStart:
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def migrated() -> None:
    """Raise CannotStart while the database lacks migrations of this version; newer ones than ours do not matter."""
    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import DatabaseError

    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CannotStart(f"DATABASE_URL: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()
    if missing:
        raise CannotStart(
            f"DATABASE_URL: the database lacks {len(missing)} migrations: run `migrate` first, once for all processes"
        )


def refuse(error: Exception, code: int) -> int:
    """Say in one line why not."""
    print(f"mailplatform: {str(error).splitlines()[0]}", file=sys.stderr)
    return code


def become(words: list[str]) -> None:
    """Be this Python module from now on."""
    os.execv(sys.executable, [sys.executable, "-m", *words])  # noqa: S606


if __name__ == "__main__":
    # Process 1 of a container gets no signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    code = main(sys.argv[1])
    if code == 0 and sys.argv[2:]:
        become(sys.argv[2:])
    sys.exit(code)
