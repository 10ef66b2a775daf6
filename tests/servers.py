"""The suite's own PostgreSQL and Valkey, started once and shared by every test process."""

import atexit
import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from workers.supervisor import binaries
from workers.supervisor.certificates import ensure_certificates
from workers.supervisor.postgres import Postgres
from workers.supervisor.valkey import Valkey

NAMESPACES = os.environ.get("MAIL_NO_USERNS") != "1"


def link_binaries(state: Path) -> None:
    """Link PostgreSQL's binaries into a state directory of a test."""
    binaries.link_binaries(state, namespaces=NAMESPACES)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers before Django reads its settings; xdist's workers inherit their addresses."""
    if os.environ.get("MAIL_TEST_SERVERS"):
        return
    os.environ.setdefault("MAIL_PROFILE", "normal")  # Whatever the machine has.
    root = Path(tempfile.mkdtemp(prefix="mp-test-"))
    os.environ["MAIL_TEST_SERVERS"] = str(root)
    os.environ["MAIL_STATE_DIR"] = str(root / "state")
    root.chmod(0o711)  # Where PostgreSQL runs under a uid of its own, that has to enter.
    postgres, valkey = Postgres(root / "pg", durable=False, namespaces=NAMESPACES), Valkey(root / "valkey")
    link_binaries(root)
    ensure_certificates(root / "state" / "tls", ["localhost", "127.0.0.1", "::1"], dt.datetime.now(dt.UTC))
    postgres.start()
    valkey.start()
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = postgres.url, valkey.url

    def stop() -> None:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(root, ignore_errors=True)

    atexit.register(stop)
