"""A listener as a real process, on free ports, over this test process's own database."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def database_url() -> str:
    """Return the address of the database the tests write to."""
    place = connection.settings_dict
    return f"postgresql://{quote(place['USER'])}@/{quote(place['NAME'])}?host={quote(str(place['HOST']), safe='')}&port={place['PORT']}"


def trust() -> ssl.SSLContext:
    """Return a client's context that trusts the listener's certificate."""
    return ssl.create_default_context(cafile=settings.MAIL_STATE_DIR / "tls" / "ca.pem")


@contextmanager
def running(module: str, ports: Mapping[str, int], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m module` with ports by the name of their setting, until the block is left."""
    env = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "mailplatform.settings.test",
    }
    env |= {name: str(port) for name, port in ports.items()} | environment
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=env)
    try:
        for port in ports.values():
            _await_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"port {port} did not open")
