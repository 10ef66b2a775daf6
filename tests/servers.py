"""The suite's own PostgreSQL, Valkey and name server, started once.

The name server knows no name: a test that wants records starts one of its own, and nobody else's is ever asked.

Each process of xdist has a database of its own there, and a Valkey: ids begin with 1 in each database, so that hints,
wake-ups and what is recent of a folder would be taken for those of another process's rows.
"""

import atexit
import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.dns_server import Zone, serving
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
    """Start the servers before Django reads its settings; xdist's workers inherit PostgreSQL's address."""
    if shared := os.environ.get("MAIL_TEST_SERVERS"):
        if worker := os.environ.get("PYTEST_XDIST_WORKER"):
            _start_valkey(Path(shared) / worker)
        return
    os.environ.setdefault("MAIL_PROFILE", "normal")  # Whatever the machine has.
    root = Path(tempfile.mkdtemp(prefix="mp-test-"))
    os.environ["MAIL_TEST_SERVERS"] = str(root)
    os.environ["MAIL_STATE_DIR"] = str(root / "state")
    root.chmod(0o711)  # Where PostgreSQL runs under a uid of its own, that has to enter.
    postgres = Postgres(root / "pg", durable=False, namespaces=NAMESPACES)
    link_binaries(root)
    ensure_certificates(root / "state" / "tls", ["localhost", "127.0.0.1", "::1"], dt.datetime.now(dt.UTC))
    postgres.start()
    os.environ["DATABASE_URL"] = postgres.url
    _start_valkey(root)
    os.environ["MAIL_REACHABLE_NETWORKS"] = "127.0.0.0/8, ::1"  # The world of tests is this machine.
    nobody = serving(Zone(""))
    os.environ["MAIL_DNS_SERVERS"] = nobody.__enter__()

    def stop() -> None:
        nobody.__exit__(None, None, None)
        _stop_valkey()
        for left in root.glob("gw*/valkey"):
            Valkey(left).end_leftover()
        postgres.stop()
        shutil.rmtree(root, ignore_errors=True)

    atexit.register(stop)


def pytest_unconfigure() -> None:
    """Stop what a worker of xdist started, which may end without the functions of atexit."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        _stop_valkey()


_valkeys: list[Valkey] = []


def _start_valkey(root: Path) -> None:
    valkey = Valkey(root / "valkey")
    if valkey.url == os.environ.get("REDIS_URL"):  # A test of this worker runs pytest.
        return
    valkey.start()
    _valkeys.append(valkey)
    os.environ["REDIS_URL"] = valkey.url


def _stop_valkey() -> None:
    while _valkeys:
        _valkeys.pop().stop()
