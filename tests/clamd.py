"""Debian's clamd for tests, with signatures of the tests' own; and servers that answer in its place, badly."""

import contextlib
import shutil
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

WORDS = b"mailplatform-test-signature-of-nothing-bad"
# EICAR's test file, which every scanner calls a virus; in pieces, so that none does with this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"
EICAR_MD5 = "44d88612fea8a8f36de82e1278abb02f"
SECONDS = 60.0


@dataclass(frozen=True)
class Daemon:
    """A running clamd: where it listens."""

    path: str
    tcp: str


def find_clamd() -> str:
    """Return the program; without it, skip the test and say so."""
    if found := shutil.which("clamd") or shutil.which("/usr/sbin/clamd"):
        return found
    message = "there is no clamd here (tools/bootstrap scanner): the virus scanner is not tested"
    warnings.warn(message, stacklevel=2)
    pytest.skip(message)


@contextlib.contextmanager
def clamd(directory: Path) -> Iterator[Daemon]:
    """Run clamd, with three signatures and no other."""
    program = find_clamd()
    signatures = directory / "signatures"
    signatures.mkdir()
    signatures.chmod(0o755)
    own = [f"Mailplatform.Test:0:*:{WORDS.hex()}", f"PUA.Mailplatform.Odd:0:*:{b'pua-of-the-tests'.hex()}"]
    (signatures / "own.ndb").write_text("\n".join(own) + "\n")
    (signatures / "eicar.hdb").write_text(f"{EICAR_MD5}:{len(EICAR)}:Eicar-Test-Signature\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = directory / "clamd.sock"
    (directory / "clamd.conf").write_text(
        f"Foreground yes\nLocalSocket {path}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {signatures}\n"
        f"StreamMaxLength 2M\nDetectPUA yes\nMaxThreads 4\nTemporaryDirectory {directory}\n"
    )
    with (directory / "clamd.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", directory / "clamd.conf"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        ends = time.monotonic() + SECONDS
        while not path.exists():
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError((directory / "clamd.log").read_text())
            time.sleep(0.05)
        yield Daemon(str(path), f"127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def answering(said: bytes, *, after: float = 0.0, reads: bool = True) -> Iterator[str]:
    """Run a server that answers every question with this; return where."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def serve() -> None:
            server.settimeout(0.05)
            while not stopped.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(2)
                    if reads:
                        connection.recv(1000)
                    stopped.wait(after)
                    connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            stopped.set()
            thread.join()
