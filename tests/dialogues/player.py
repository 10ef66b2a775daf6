r"""Plays written conversations against a live listener, so that a mail administrator can read our tests.

    # A sentence that says what happens.
    @mx                        the door that is opened; the first line that is not a comment
    S: 220 *                   what the server says; * is anything, as in file names
    S: ...                     any lines, until the next expectation fits
    C: EHLO sender.example     a line of ours, CRLF added
    C~ MAIL FR\x4f             bytes as they are, with Python's escapes, and nothing added
    WAIT 0.1                   let them arrive alone
    TLS                        wrap the connection, as after STARTTLS or on a port that begins so
    S: <closed>                the server hangs up

`{alice}` and other words in braces are filled in. What does not fit fails with file and line.
"""

import contextlib
import fnmatch
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 10.0
CLOSED = "<closed>"
ANYTHING = "..."
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a dialogue."""

    number: int
    kind: str
    text: str


def read(path: Path) -> tuple[str, list[Step]]:
    """Return the door and the steps of a dialogue."""
    door, steps = "", []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("@"):
            door = line[1:].strip()
            continue
        kind, _, text = line.partition(" ")
        assert kind in {"S:", "C:", "C~", "WAIT", "TLS"}, f"{path.name}:{number}: not a step: {line}"
        steps.append(Step(number, kind, text))
    return door, steps


class Wire:
    """Our end of the connection."""

    def __init__(self, port: int, trust: ssl.SSLContext, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._trust, self._name = trust, name
        self._buffer = b""

    def wrap(self) -> None:
        """Begin TLS."""
        assert not self._buffer, f"unread before TLS: {self._buffer!r}"
        self._socket = self._trust.wrap_socket(self._socket, server_hostname=self._name)

    def send(self, data: bytes) -> None:
        """Send, whether or not the other side still listens."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)

    def line(self) -> str:
        """Return the next line, or CLOSED."""
        while b"\r\n" not in self._buffer:
            try:
                data = self._socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                return CLOSED if not self._buffer else f"{self._buffer!r} and {CLOSED}"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("utf-8", "backslashreplace")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def play(
    path: Path,
    ports: Mapping[str, int],
    words: Mapping[str, str],
    trust: ssl.SSLContext,
    name: str = "localhost",
) -> None:
    """Play one dialogue; raises AssertionError with file and line where it goes another way."""
    door, steps = read(path)
    wire = Wire(ports[door], trust, name)
    anything = False
    try:
        for step in steps:
            text = _WORD.sub(lambda found: words.get(found[1], found[0]), step.text)
            match step.kind:
                case "C:":
                    wire.send(text.encode() + b"\r\n")
                case "C~":
                    wire.send(
                        text.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")
                    )
                case "WAIT":
                    time.sleep(float(text))
                case "TLS":
                    wire.wrap()
                case _ if text == ANYTHING:
                    anything = True
                case _:
                    said = wire.line()
                    while anything and not _fits(said, text) and CLOSED not in said:
                        said = wire.line()
                    anything = False
                    assert _fits(said, text), f"{path.name}:{step.number}: expected {text!r}, got {said!r}"
    except TimeoutError:
        raise AssertionError(f"{path.name}:{step.number}: no answer within {TIMEOUT:g} s") from None
    finally:
        wire.close()


def _fits(said: str, expected: str) -> bool:
    return fnmatch.fnmatchcase(said, expected.replace("[", "[[]"))
