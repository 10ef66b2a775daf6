"""Debian's pebble, an authority that issues certificates by ACME, for tests: fetched once, run on loopback."""

import contextlib
import functools
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import issue, make_authority

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mailplatform-tests" / "pebble"


class PebbleMissingError(Exception):
    """This machine has no pebble, and none can be fetched."""


@dataclass(frozen=True)
class Pebble:
    """A running authority."""

    directory: str
    trust: Path
    """A file of the certificate that its own site is under."""


@functools.cache
def find_pebble() -> Path:
    """Return the program, unpacked from Debian's package where it is not installed."""
    if installed := shutil.which("pebble"):
        return Path(installed)
    program = CACHE / "usr" / "bin" / "pebble"
    if program.exists():
        return program
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise PebbleMissingError("no pebble, and no apt-get to fetch it")
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["apt-get", "download", "-qq", "pebble"], cwd=CACHE, capture_output=True, text=True, check=False
    )
    packages = list(CACHE.glob("pebble_*.deb"))
    if done.returncode or not packages:
        raise PebbleMissingError(f"no pebble: {done.stderr.strip().splitlines()[-1:]}")
    subprocess.run(["dpkg", "-x", packages[0], CACHE], check=True)
    return program


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def issuing(directory: Path, *, dns: str, http_port: int) -> Iterator[Pebble]:
    """Run an authority while the block runs; it resolves names by `dns` and asks at `http_port`."""
    program = find_pebble()
    own = make_authority("The site of the test's pebble")
    certificate, key = issue("localhost", by=own).write(directory, "pebble")
    trust = directory / "pebble-ca.pem"
    trust.write_bytes(own.pem)
    port, management = free_port(), free_port()
    said = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(certificate),
        "privateKey": str(key),
        "httpPort": http_port,
        "tlsPort": free_port(),
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (directory / "pebble.json").write_text(json.dumps({"pebble": said}))
    env = os.environ | {
        "PEBBLE_VA_NOSLEEP": "1",
        "PEBBLE_WFE_NONCEREJECT": "5",
        # By chance it would believe what it saw before, and a test of refusals would not see one.
        "PEBBLE_AUTHZREUSE": "0",
    }
    with (directory / "pebble.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-config", directory / "pebble.json", "-dnsserver", dns],
            env=env,
            stdout=log,
            stderr=log,
        )
    try:
        _await(port, trust, process)
        yield Pebble(f"https://localhost:{port}/dir", trust)
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int, trust: Path, process: subprocess.Popen[bytes]) -> None:
    context = ssl.create_default_context(cafile=trust)
    end = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("localhost", port), 1) as plain:
                context.wrap_socket(plain, server_hostname="localhost").close()
                return
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.05)
