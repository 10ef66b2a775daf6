"""clamd over TCP or a Unix socket, for threads and for loops; each question has a connection of its own and an end."""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass

from . import wire
from .wire import Answer, Version

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where it listens: a path, or a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read `/path` or `host:port`; ValueError for anything else."""
        if text.startswith("/"):
            return cls(path=text)
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("give a path, or host:port")
        return cls(host=host.strip("[]"), port=int(port))


class Clamd:
    """Asks clamd; whatever becomes of it, an answer comes back within so many seconds."""

    def __init__(self, place: Place, seconds: float) -> None:
        self.place = place
        self.seconds = seconds

    def scan(self, data: bytes) -> Answer:
        """Ask about some bytes."""
        if len(data) > MOST_BYTES:
            return Answer(fault="too long to be asked about")
        try:
            return wire.answer(self._ask([*wire.question(data)]))
        except (OSError, TimeoutError) as error:
            return Answer(fault=_why(error))

    def version(self) -> Version | None:
        """Ask for program and signatures; None where nobody answers."""
        try:
            return wire.version(self._ask([wire.VERSION]))
        except (OSError, TimeoutError):
            return None

    async def scan_async(self, data: bytes) -> Answer:
        """Ask about some bytes, on a loop."""
        if len(data) > MOST_BYTES:
            return Answer(fault="too long to be asked about")
        try:
            async with asyncio.timeout(self.seconds):
                return wire.answer(await self._ask_async(data))
        except (OSError, TimeoutError) as error:
            return Answer(fault=_why(error))

    def _ask(self, pieces: list[bytes]) -> bytes:
        ends = time.monotonic() + self.seconds
        with self._connected() as connection:
            for piece in pieces:
                connection.settimeout(_left(ends))
                # One that has heard enough closes, and has said why before.
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break
            said = b""
            while len(said) < wire.LONGEST_ANSWER and not said.endswith(b"\0"):
                connection.settimeout(_left(ends))
                more = connection.recv(wire.LONGEST_ANSWER)
                if not more:
                    break
                said += more
        return said

    def _connected(self) -> socket.socket:
        if not self.place.path:
            return socket.create_connection((self.place.host, self.place.port), self.seconds)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self.seconds)
            connection.connect(self.place.path)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _ask_async(self, data: bytes) -> bytes:
        if self.place.path:
            reader, writer = await asyncio.open_unix_connection(self.place.path)
        else:
            reader, writer = await asyncio.open_connection(self.place.host, self.place.port)
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in wire.question(data):
                    writer.write(piece)
                    await writer.drain()
            try:
                return await reader.readuntil(b"\0")
            except asyncio.IncompleteReadError as error:
                return error.partial
            except asyncio.LimitOverrunError:
                return b""
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "out of time"
    return getattr(error, "strerror", None) or type(error).__name__
