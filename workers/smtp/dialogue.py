"""The verbs of SMTP: each reads its argument, asks the handler and says its answer (RFC 5321 4.1.1)."""

import asyncio
import logging
import ssl
from typing import Any, cast

from aiosmtpd.smtp import SMTP

from apps.protocols.sasl import MECHANISMS
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Extensions, parse_hello, parse_mail, parse_rcpt
from apps.protocols.smtp.data import DataReader, Received
from apps.protocols.smtp.replies import Reply

from .handler import Handler
from .incoming import Incoming
from .session import Door, Envelope, Session

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 15


def _bytes(argument: str | None) -> bytes:
    return (argument or "").encode("utf-8", "surrogateescape")


class Dialogue(SMTP):
    """aiosmtpd's protocol with our own words: bulk DATA, replies in batches, an enhanced code on each."""

    session: Session
    envelope: Envelope
    transport: asyncio.Transport | None

    def __init__(self, handler: Handler, door: Door, tls_context: ssl.SSLContext) -> None:
        super().__init__(
            handler,
            data_size_limit=door.size_limit,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            timeout=door.timeout,
            loop=asyncio.get_running_loop(),
        )
        self.handler = handler
        self.door = door
        self.tls_context: ssl.SSLContext = tls_context
        self.incoming = Incoming()
        self.errors = 0
        self.is_leaving = False
        self.is_receiving = False
        self.is_flushing = False
        self._outgoing: list[bytes] = []

    def _create_session(self) -> Session:
        return Session(self.loop)

    def _create_envelope(self) -> Envelope:
        return Envelope()

    def forget_mail(self) -> None:
        """Close the transaction, if one is open."""
        self.envelope = self._create_envelope()

    # --- speaking -------------------------------------------------------------------------------------------

    def say(self, reply: Reply) -> None:
        """Answer; replies to pipelined commands leave together (RFC 2920)."""
        if reply.code >= 500:
            self.errors += 1
        self._outgoing.append(bytes(reply))

    @property
    def unsent(self) -> int:
        """How many replies wait to be sent."""
        return len(self._outgoing)

    async def flush(self) -> None:
        """Send what was said, and wait while the client does not read."""
        if self._outgoing:
            self._writer.write(b"".join(self._outgoing))
            self._outgoing.clear()
            self.is_flushing = True
            try:
                await self._writer.drain()
            finally:
                self.is_flushing = False

    def leave(self, reply: Reply) -> None:
        """Say goodbye and end the conversation."""
        self.say(reply)
        self.is_leaving = True

    # --- hello ----------------------------------------------------------------------------------------------

    @property
    def may_sign_in(self) -> bool:
        """Whether a password may be said on this connection."""
        return self.door.is_for_users and bool(self.session.tls or self.door.plaintext_auth)

    @property
    def _offered(self) -> Extensions:
        return Extensions(
            esmtp=self.session.extended_smtp, auth=self.may_sign_in, requiretls=bool(self.session.tls)
        )

    def _keywords(self) -> list[str]:
        keywords = [
            "PIPELINING",
            f"SIZE {self.door.size_limit}",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ]
        # What may be asked of us only over TLS is offered only there (RFC 8689 3).
        keywords.append("REQUIRETLS" if self.session.tls else "STARTTLS")
        if self.may_sign_in:
            keywords.append("AUTH " + " ".join(MECHANISMS))
        return keywords

    async def smtp_EHLO(self, hostname: str | None) -> None:  # noqa: N802 - aiosmtpd finds it by this name
        """Begin, with our extensions."""
        await self._hello(hostname, esmtp=True)

    async def smtp_HELO(self, hostname: str | None) -> None:  # noqa: N802
        """Begin, without them."""
        await self._hello(hostname, esmtp=False)

    async def _hello(self, hostname: str | None, *, esmtp: bool) -> None:
        name = parse_hello(_bytes(hostname))
        self.forget_mail()
        self.session.host_name, self.session.extended_smtp = name, esmtp
        self.say(replies.hello(self.door.hostname, self._keywords() if esmtp else []))

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802
        """Encrypt; everything said before is forgotten (RFC 3207 4.2)."""
        if arg or self.session.tls or self.transport is None:
            self.say(replies.BAD_SYNTAX if arg else replies.TLS_ALREADY)
            return
        # Nothing may be read between our answer and the handshake: it could be anyone's.
        self.transport.pause_reading()
        self.incoming.clear()
        self.say(replies.START_TLS)
        await self.flush()
        try:
            await self._writer.start_tls(self.tls_context, ssl_handshake_timeout=HANDSHAKE_SECONDS)
        except (ssl.SSLError, OSError) as error:
            log.info("TLS handshake failed", extra={"peer": self.session.address, "error": str(error)})
            self.is_leaving = True
            return
        self.transport = cast("asyncio.Transport", self._writer.transport)
        self._begin(self.transport)

    def _begin(self, transport: Any) -> None:
        """Know nothing about the client but where it is and what protects the connection."""
        self.forget_mail()
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")
        self.session.address = str(self.session.peer[0]) if self.session.peer else ""
        if (tls := transport.get_extra_info("ssl_object")) is not None:
            self.session.tls = f"{tls.version()} {tls.cipher()[0]}"

    # --- mail -----------------------------------------------------------------------------------------------

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Open a transaction."""
        if not self.session.host_name:
            self.say(replies.HELLO_FIRST)
        elif self.door.is_for_users and self.session.user is None:
            self.say(replies.AUTH_REQUIRED if self.may_sign_in else replies.TLS_FIRST)
        elif self.envelope.transaction is not None:
            self.say(replies.NESTED_MAIL)
        else:
            mail = parse_mail(_bytes(arg), self._offered)
            self.say(await self.handler.mail(self.session, self.envelope, mail))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Name a recipient."""
        if (transaction := self.envelope.transaction) is None:
            self.say(replies.MAIL_FIRST)
            return
        smtputf8 = transaction.mail.smtputf8
        rcpt = parse_rcpt(_bytes(arg), self._offered, smtputf8=smtputf8, hostname=self.door.hostname)
        self.say(await self.handler.rcpt(self.session, self.envelope, transaction, rcpt))

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Take the message, in chunks as they come, and answer once for it."""
        if arg:
            self.say(replies.BAD_SYNTAX)
        elif (transaction := self.envelope.transaction) is None:
            self.say(replies.MAIL_FIRST)
        elif not transaction.named:
            self.say(replies.NO_VALID_RECIPIENTS if transaction.refused else replies.RCPT_FIRST)
        else:
            self.say(replies.START_DATA)
            await self.flush()
            received = await self._receive()
            try:
                reply = await self.handler.data(self.session, self.envelope, transaction, received)
            finally:
                self.forget_mail()
            if reply.is_success:
                self.errors = 0
            self.say(reply)

    async def _receive(self) -> Received:
        reader = DataReader(self.door.size_limit)
        self.is_receiving = True
        try:
            while True:
                self.heard()
                if (received := reader.feed(await self.incoming.chunk())) is not None:
                    self.incoming.unread(received.rest)
                    return received
        finally:
            self.is_receiving = False

    def heard(self) -> None:
        """Begin to wait for the client."""
        raise NotImplementedError

    # --- the rest -------------------------------------------------------------------------------------------

    async def smtp_RSET(self, arg: str | None) -> None:  # noqa: N802
        """Drop the transaction."""
        if arg:
            self.say(replies.BAD_SYNTAX)
            return
        self.forget_mail()
        self.say(replies.OK)

    async def smtp_NOOP(self, arg: str | None) -> None:  # noqa: N802
        """Do nothing."""
        self.say(replies.OK)

    async def smtp_QUIT(self, arg: str | None) -> None:  # noqa: N802
        """Part."""
        self.leave(replies.BYE)

    async def smtp_VRFY(self, arg: str | None) -> None:  # noqa: N802
        """Tell nobody who exists (RFC 5321 7.3)."""
        self.say(replies.CANNOT_VERIFY if arg else replies.BAD_SYNTAX)

    async def smtp_EXPN(self, arg: str | None) -> None:  # noqa: N802
        """Nor who reads a list."""
        self.say(replies.NOT_IMPLEMENTED)

    async def smtp_HELP(self, arg: str | None) -> None:  # noqa: N802
        """Point to the standard."""
        self.say(replies.HELP)
