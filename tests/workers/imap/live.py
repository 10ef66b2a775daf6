"""A live IMAP listener and clients to talk to it."""

import contextlib
import imaplib
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pytest_django import DjangoDbBlocker

from tests.workers.listener import free_port, running, trust

PASSWORD = "correct horse battery staple"
_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")


class Talk:
    """A client that sends what it is told and keeps every line; lines hold their literals."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self._tags = 0

    def starttls(self) -> None:
        """Wrap the connection."""
        self.socket = trust().wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def line(self) -> bytes:
        """Return the next line with its literals; empty at the end."""
        line = self.file.readline()
        while literal := _LITERAL.search(line):
            line += self.file.read(int(literal[1])) + self.file.readline()
        return line

    def ask(self, command: str | bytes) -> tuple[list[bytes], bytes]:
        """Send a command and return the untagged lines and the tagged answer without its tag."""
        self._tags += 1
        tag = b"t%d " % self._tags
        self.send(tag + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.until(tag)

    def until(self, tag: bytes) -> tuple[list[bytes], bytes]:
        """Read to the tagged answer."""
        lines: list[bytes] = []
        while not (line := self.line()).startswith(tag):
            assert line, lines
            lines.append(line)
        return lines, line[len(tag) :]

    def ok(self, command: str | bytes) -> list[bytes]:
        """Send a command that must succeed; return the untagged lines."""
        lines, answer = self.ask(command)
        assert answer.startswith(b"OK"), answer
        return lines

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.socket.close()


@dataclass(frozen=True, slots=True)
class Live:
    """A running listener."""

    imap: int
    imaps: int
    process: subprocess.Popen[bytes]

    @contextlib.contextmanager
    def talk(self, user: str = "", folder: str = "") -> Iterator[Talk]:
        """Open a connection, signed in and with a folder selected if these are given."""
        talk = Talk(self.imap)
        try:
            assert talk.line().startswith(b"* OK [CAPABILITY IMAP4rev1 ")
            if user:
                talk.ok(f'LOGIN {user} "{PASSWORD}"')
            if folder:
                talk.ok(f"SELECT {folder}")
            yield talk
        finally:
            talk.close()

    def imaplib(self, user: str) -> imaplib.IMAP4_SSL:
        """Return the standard library's client, signed in over TLS."""
        client = imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=trust(), timeout=10)
        client.login(user, PASSWORD)
        return client


@contextlib.contextmanager
def an_imap_listener(**environment: str) -> Iterator[Live]:
    """Run a listener until the block is left."""
    ports = {name: free_port() for name in ("MAIL_IMAP_PORT", "MAIL_IMAPS_PORT")}
    with running("workers.imap", ports, **({"MAIL_PLAINTEXT_AUTH": "1"} | environment)) as process:
        yield Live(ports["MAIL_IMAP_PORT"], ports["MAIL_IMAPS_PORT"], process)


@pytest.fixture
def committing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Take the place of pytest-django's transaction around a test: another process must see what it writes."""
    with django_db_blocker.unblock():
        yield
