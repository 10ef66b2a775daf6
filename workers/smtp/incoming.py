"""What a client has sent and nobody has read yet: lines for commands, chunks for DATA, with back-pressure."""

import asyncio
from collections.abc import Callable

HIGH_WATER = 256 * 1024


class LineTooLong(Exception):  # noqa: N818 - what happened, not a fault of ours
    """A line longer than its limit was read to its end and dropped."""


class Incoming:
    """Fed by the protocol, read by the one task that serves the connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._dropping = False
        self._eof = False
        self._waiter: asyncio.Future[None] | None = None
        self._resume: Callable[[], None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the task waits for the client, and not for us."""
        return self._waiter is not None

    def feed(self, data: bytes, transport: asyncio.ReadTransport | None) -> None:
        """Take what has come; reading stops while too much of it waits."""
        self._buffer += data
        if len(self._buffer) > HIGH_WATER and self._resume is None and transport is not None:
            transport.pause_reading()
            self._resume = transport.resume_reading
        self._wake()

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._eof = True
        self._wake()

    def clear(self) -> None:
        """Forget what was sent: at STARTTLS it may come from someone in the middle (RFC 3207 4.2)."""
        self._buffer.clear()
        self._scanned, self._dropping, self._resume = 0, False, None

    def unread(self, data: bytes) -> None:
        """Put back, before all else, what was read too far."""
        self._buffer[:0] = data
        self._scanned = 0

    def has_line(self) -> bool:
        """Whether a line could be read without waiting."""
        return self._find() >= 0

    async def line(self, limit: int) -> bytes:
        """Return the next line with its line feed; EOFError when none comes any more."""
        while (end := self._find()) < 0:
            if len(self._buffer) > limit:
                self._dropping = True
                self._take(len(self._buffer))
            if self._eof:
                raise EOFError
            await self._wait()
        dropped, self._dropping = self._dropping, False
        line = self._take(end + 1)
        if dropped or len(line) > limit:
            raise LineTooLong
        return line

    async def chunk(self) -> bytes:
        """Return all that waits, as soon as something does; EOFError when nothing comes any more."""
        while not self._buffer:
            if self._eof:
                raise EOFError
            await self._wait()
        return self._take(len(self._buffer))

    def _find(self) -> int:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
        return end

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        self._scanned = 0
        if self._resume is not None and len(self._buffer) < HIGH_WATER:
            self._resume()
            self._resume = None
        return taken

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
