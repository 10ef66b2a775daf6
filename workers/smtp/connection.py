"""One client's connection, from greeting to goodbye: reading commands, silence, errors, draining."""

import asyncio
import logging
import ssl

from apps.events.context import tracing
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import CommandError
from workers.connections import Connections

from .handler import Handler
from .incoming import LineTooLong
from .session import Door
from .signin import SignIn

log = logging.getLogger(__name__)

# aiosmtpd's own log tells every line of every conversation.
logging.getLogger("mail.log").setLevel(logging.ERROR)

MAX_LINE = 2048
MAX_AUTH_LINE = 12288
# After so many pipelined commands the others have their turn.
FAIR_SHARE = 50
# A browser tricked into posting mail to us says these first.
OTHER_PROTOCOLS = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"})


class Connection(SignIn):
    """The protocol object of one connection."""

    def __init__(
        self, handler: Handler, door: Door, tls_context: ssl.SSLContext, connections: Connections
    ) -> None:
        self._connections = connections
        self._heard = 0.0
        self._must_leave = False
        super().__init__(handler, door, tls_context)

    # --- what the loop calls --------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        super().connection_made(transport)
        self._begin(transport)

    def data_received(self, data: bytes) -> None:
        """Keep what has come until it is read."""
        self.incoming.feed(data, self.transport)

    def eof_received(self) -> bool:
        """Answer what was asked before the client stopped sending, then close."""
        self.incoming.feed_eof()
        return not self.session.tls

    def _reset_timeout(self, duration: float | None = None) -> None:
        self.heard()
        self._timeout_handle = self.loop.call_later(duration or self.door.timeout, self._timeout_cb)

    def heard(self) -> None:
        """Begin to wait for the client."""
        self._heard = self.loop.time()

    def _timeout_cb(self) -> None:
        left = self._heard + self.door.timeout - self.loop.time()
        if left > 0 or self.transport is None or not self._is_clients_turn:
            # Waiting for ourselves, or spoken to meanwhile: look again.
            self._timeout_handle = self.loop.call_later(max(left, 1.0), self._timeout_cb)
            return
        log.info("silent client let go", extra={"peer": self.session.address})
        self._part(replies.CONNECTION_CUT)

    @property
    def _is_clients_turn(self) -> bool:
        return self.incoming.is_waiting or self.is_flushing

    # --- what the process calls -----------------------------------------------------------------------------

    def drain(self) -> None:
        """Finish the command under way, then say goodbye."""
        if self.incoming.is_waiting and not self.is_receiving:
            self._part(replies.SHUTTING_DOWN)
        else:
            self._must_leave = True

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def _part(self, reply: replies.Reply) -> None:
        if self.transport is not None:
            if self.is_flushing:
                self.transport.abort()
                return
            self.transport.write(bytes(reply))
            self.transport.close()

    # --- the conversation -----------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            if not self._connections.enter(self, self.session.address):
                self.leave(replies.TOO_MANY_CONNECTIONS)
            else:
                self.say(replies.greeting(self.door.hostname))
                while not self.is_leaving:
                    await self._turn()
            await self.flush()
        except (EOFError, ConnectionError):
            pass
        finally:
            self._connections.leave(self)
            if self.transport is not None:
                self.transport.close()

    async def _turn(self) -> None:
        """Read one command and obey it."""
        if self._must_leave:
            self.leave(replies.SHUTTING_DOWN)
            return
        if self.errors > self.door.error_limit:
            log.info("too many errors", extra={"peer": self.session.address})
            self.leave(replies.TOO_MANY_ERRORS)
            return
        if not self.incoming.has_line():
            await self.flush()
        elif self.unsent >= FAIR_SHARE:
            await self.flush()
            await asyncio.sleep(0)
        self.heard()
        try:
            line = await self.incoming.line(MAX_AUTH_LINE)
        except LineTooLong:
            self.say(replies.LINE_TOO_LONG)
            return
        with tracing(self.envelope.trace_id):
            try:
                await self._obey(line)
            except CommandError as error:
                self.say(error.reply)
            except (EOFError, ConnectionError):
                raise
            except Exception as error:  # noqa: BLE001 - the connection outlives a bug
                self.say(await self.handler.handle_exception(error))

    async def _obey(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            self.say(replies.BARE_NEWLINE)
            return
        name, _, argument = line[:-2].decode("utf-8", "surrogateescape").partition(" ")
        name = name.upper()
        if len(line) > MAX_LINE and name != "AUTH":
            self.say(replies.LINE_TOO_LONG)
            return
        method = self._smtp_methods.get(name)
        if method is not None:
            await method(argument.strip(" ") or None)
        elif name in OTHER_PROTOCOLS:
            self.leave(replies.TOO_MANY_ERRORS)
        else:
            self.say(replies.UNKNOWN_COMMAND)
