"""Bytes to session events and back, one command at a time (RFC 3501 2.2, 5.5)."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from apps.protocols.imap.events import Closing, Event, IdleDone, Reply, Request, SaslResponse

from . import memory
from .client import Client, ClientGone
from .dispatch import carry_out

if TYPE_CHECKING:
    from .server import Server

log = logging.getLogger(__name__)

MOST_BUFFERED = 64 * 1024
"""Bytes of pipelined commands we take before we stop reading."""
HIGH_WATER = 256 * 1024
"""Bytes that wait for a slow client before a command waits, too."""
STALLED_SECONDS = 120
"""A client that reads nothing for so long is let go."""

CLOSE_SECONDS = 2
"""How long a client may take to hear our goodbye; over TLS it must answer."""


class Connection(asyncio.BufferedProtocol):
    """One client's connection."""

    __slots__ = (
        "_closing",
        "_drained",
        "_ended",
        "_heard",
        "_loop",
        "_paused_reading",
        "_paused_writing",
        "_since",
        "_task",
        "_transport",
        "client",
        "secure",
        "server",
    )

    client: Client

    def __init__(self, server: "Server", *, secure: bool) -> None:
        self.server = server
        self.secure = secure
        self._loop = asyncio.get_running_loop()
        if secure:
            memory.connection_coming()
        self._since = self._heard = self._loop.time()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._paused_reading = self._closing = self._ended = False
        self._paused_writing = 0.0

    # --- what the loop calls ---------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if peer else ""
        self.client = Client(self.server, self, peer=host, secure=self.secure)
        if not self.server.enter(self, host):
            self.bye(b"Too many connections")
            return
        self.write(self.server.greeting(self.client))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the buffer all connections read into; what is in it is taken out at once."""
        return self.server.input

    def buffer_updated(self, nbytes: int) -> None:
        """Take bytes."""
        if self._closing:
            return
        self._heard = self._loop.time()
        session = self.client.session
        self.handle(session.receive(self.server.input[:nbytes]))
        if session.waiting and session.buffered > MOST_BUFFERED and not self._paused_reading:
            self._paused_reading = True
            self._pause_reading()

    def eof_received(self) -> bool:
        """Close when the client has said all it will say; commands it sent before are obeyed and answered."""
        if self.secure or self._task is None or self.client.idling:
            return False  # TLS cannot be closed in one direction.
        self._ended = True
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; a command under way ends by itself."""
        self._closing = True
        self._transport = None
        if hasattr(self, "client"):
            self.client.hang_up()
        self._release()
        self.server.leave(self)

    def pause_writing(self) -> None:
        """Note that the client reads slowly."""
        self._paused_writing = self._loop.time()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._paused_writing = 0.0
        self._release()

    # --- what the process calls ------------------------------------------------------------------------
    def drain(self) -> None:
        """Finish the command under way, say goodbye, and close."""
        if self._task is None or self.client.idling:
            self.bye(b"Server shutting down")
        else:
            self._closing = True
            self._task.add_done_callback(lambda _: self.bye(b"Server shutting down"))

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def tick(self, now: float) -> None:
        """Let go of a client that is silent or stalled."""
        if self._paused_writing and now - self._paused_writing > STALLED_SECONDS:
            self.abort()
        elif self.client.user is None and now - self._since > self.server.login_timeout:
            self.bye(b"Too slow to sign in")
        elif (self._task is None or self.client.idling) and now - self._heard > self.server.timeout:
            self.bye(b"Idle for too long")

    # --- what the client calls -------------------------------------------------------------------------
    def write(self, data: bytes | memoryview) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(data)

    @property
    def is_busy(self) -> bool:
        """Whether a command is being carried out."""
        return self._task is not None

    @property
    def is_full(self) -> bool:
        """Whether the client has much to read before it can take more."""
        return bool(self._paused_writing) or self._transport is None

    async def drained(self) -> None:
        """Let others have their turn, and wait until a slow client has read; raise ClientGone if it left."""
        if self._paused_writing and self._transport is not None:
            self._drained = self._loop.create_future()
            await self._drained
            self._drained = None
        else:
            await asyncio.sleep(0)
        if self._transport is None:
            raise ClientGone

    def bye(self, reason: bytes) -> None:
        """Say goodbye and close."""
        if self.client.unfinished:
            self.abort()  # It would be read as part of the message under way.
        elif self._transport is not None and not self._transport.is_closing():
            self._closing = True
            self.client.flush()
            self._transport.write(b"* BYE %b\r\n" % reason)
            self.close()

    def close(self) -> None:
        """Close after all that was written has gone out, and do not wait long for a client that sleeps."""
        self._closing = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            self._loop.call_later(CLOSE_SECONDS, self.abort)

    async def start_tls(self) -> None:
        """Begin TLS; whatever came in the clear after STARTTLS is forgotten."""
        assert self._transport is not None
        self.client.session.start_tls()
        memory.connection_coming()
        try:
            transport = await self._loop.start_tls(
                self._transport, self, self.server.process.tls, server_side=True, ssl_handshake_timeout=15
            )
        except (OSError, TimeoutError) as error:
            log.info("TLS not begun", extra={"peer": self.client.peer, "error": type(error).__name__})
            transport = None
        if transport is None:
            self.abort()
            raise ClientGone
        self._transport = transport
        self._transport.set_write_buffer_limits(HIGH_WATER)
        self.secure = self.client.secure = True

    # --- events ----------------------------------------------------------------------------------------
    def handle(self, events: Sequence[Event]) -> None:
        """Act on what the session read."""
        for event in events:
            match event:
                case Reply(data):
                    self.write(data)
                case Request():
                    self._task = self._loop.create_task(self._run(event))
                case SaslResponse() | IdleDone():
                    self.client.hear(event)
                case Closing():
                    self.close()

    async def _run(self, request: Request) -> None:
        try:
            await carry_out(self.client, request)
        except ClientGone:
            return
        finally:
            self._task = None
        if self._closing:
            return
        self.handle(self.client.session.resume())
        if self._ended and self._task is None:
            self.close()
        if self._paused_reading and not self.client.session.waiting:
            self._paused_reading = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _release(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
