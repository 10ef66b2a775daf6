"""One SMTP conversation with another server: several letters, one reply for each recipient (RFC 5321)."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apps.protocols.mailauth.tls_sessions import TlsResult
from apps.protocols.smtp.client import (
    MAX_LINE,
    MAX_LINES,
    Capabilities,
    ClientProtocolError,
    is_last,
    read_capabilities,
    read_reply,
    stuffed,
    xtext,
)
from apps.protocols.smtp.replies import Reply

CHUNK = 64 * 1024

LOST = Reply(451, "4.4.2", "The connection was lost")
NO_UTF8 = Reply(550, "5.6.7", "The next server cannot carry internationalised addresses")
TOO_LARGE = Reply(552, "5.3.4", "The message is larger than the next server takes")
NO_STARTTLS = Reply(451, "4.7.4", "TLS is required, and the mail server does not offer it")
HANDSHAKE_FAILED = Reply(451, "4.7.5", "The TLS handshake failed")
SAID_AHEAD = Reply(451, "4.7.5", "The mail server said more than it may before TLS")
NOT_TRUSTED = Reply(451, "4.7.5", "The mail server's certificate does not hold")
NO_REQUIRETLS = Reply(550, "5.7.30", "REQUIRETLS support required, and the mail server does not offer it")
# What OpenSSL calls a certificate that expired, is of another name, or of another address.
VERIFY_RESULTS = {10: TlsResult.EXPIRED, 62: TlsResult.HOST_MISMATCH, 64: TlsResult.HOST_MISMATCH}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for the peer, by step (RFC 5321 4.5.3.2, shortened: our next attempt is never far)."""

    connect: float = 30
    command: float = 120
    data: float = 180
    final: float = 300
    quit: float = 3


@dataclass(frozen=True, slots=True)
class To:
    """One recipient of a letter, with its DSN parameters (RFC 3461)."""

    address: str
    notify: str = ""
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and those of its recipients that this conversation carries."""

    sender: str
    to: Sequence[To]
    data: bytes
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    requiretls: bool = False


class HostUnusable(Exception):  # noqa: N818 - an answer, not an error of ours.
    """This host will take nothing now: it is away, greets with a refusal, or does not speak SMTP."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class TlsFailed(HostUnusable):
    """TLS did not work, or was not what it had to be; without policy the mail may go in the clear, as it used to."""

    def __init__(self, reply: Reply, result: TlsResult = TlsResult.FAILURE, reason: str = "") -> None:
        super().__init__(reply)
        self.result = result
        self.reason = reason or reply.text


@dataclass(slots=True)
class SmtpClient:
    """A conversation. `open`, then `send` letters one after another, then `quit`."""

    own_name: str
    timeouts: Timeouts = field(default_factory=Timeouts)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    is_tls: bool = False

    async def open(
        self,
        address: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        name: str = "",
        must: bool = False,
        check: Callable[[ssl.SSLObject], None] | None = None,
    ) -> None:
        """Connect, greet, and start TLS when `tls` is given and the server offers it; it has to where TLS is a must.

        `check` looks at the session before anything is said over it, and raises what it has against it. Raises
        HostUnusable (TlsFailed when only the TLS failed); the connection is closed then.
        """
        try:
            async with asyncio.timeout(self.timeouts.connect):
                self.reader, self.writer = await asyncio.open_connection(address, port, limit=CHUNK)
        except (OSError, TimeoutError) as error:
            words = "The connection timed out" if isinstance(error, TimeoutError) else "The connection failed"
            raise HostUnusable(Reply(451, "4.4.1", words)) from error
        try:
            await self._greet(tls, name or address, must=must, check=check)
        except BaseException:
            self.abort()
            raise

    async def _greet(
        self,
        tls: ssl.SSLContext | None,
        name: str,
        *,
        must: bool,
        check: Callable[[ssl.SSLObject], None] | None,
    ) -> None:
        greeting = await self._hear(self.timeouts.command)
        if greeting.code != 220:
            raise HostUnusable(greeting)
        await self._hello()
        if tls is None or "STARTTLS" not in self.capabilities:
            if must:
                raise TlsFailed(NO_STARTTLS, TlsResult.NO_STARTTLS)
            return
        answer = await self._say("STARTTLS", self.timeouts.command)
        if answer.code != 220:
            raise TlsFailed(answer, TlsResult.NO_STARTTLS)
        if await self._has_more():
            raise TlsFailed(SAID_AHEAD)
        assert self.writer is not None
        try:
            async with asyncio.timeout(self.timeouts.connect):
                await self.writer.start_tls(tls, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            result = VERIFY_RESULTS.get(error.verify_code, TlsResult.NOT_TRUSTED)
            raise TlsFailed(_with(NOT_TRUSTED, error.verify_message), result, error.verify_message) from error
        except (OSError, TimeoutError, ssl.SSLError) as error:
            raise TlsFailed(HANDSHAKE_FAILED, TlsResult.FAILURE, _failure(error)) from error
        if check is not None:
            check(self.writer.get_extra_info("ssl_object"))
        self.is_tls = True
        await self._hello()

    async def _hello(self) -> None:
        answer = await self._say(f"EHLO {self.own_name}", self.timeouts.command)
        if answer.code == 250:
            self.capabilities = read_capabilities(answer)
            return
        self.capabilities = Capabilities()
        answer = await self._say(f"HELO {self.own_name}", self.timeouts.command)
        if answer.code != 250:
            raise HostUnusable(answer)

    @property
    def is_open(self) -> bool:
        """Whether the connection still holds, as far as we know."""
        return self.writer is not None

    async def send(self, letter: Letter) -> list[Reply]:
        """Send one letter; return the server's last word for each recipient, in order.

        Raises HostUnusable when the connection broke before the data was sent: nothing was delivered then.
        After that a broken connection is a temporary failure like any other.
        """
        if (limit := self.capabilities.size) and len(letter.data) > limit:
            return [TOO_LARGE] * len(letter.to)
        if letter.smtputf8 and "SMTPUTF8" not in self.capabilities:
            return [NO_UTF8] * len(letter.to)
        replies = await self._envelope(letter)
        accepted = [position for position, reply in enumerate(replies) if reply.is_success]
        if not accepted:
            await self._reset()
            return replies
        go = await self._say("DATA", self.timeouts.data)
        if go.code != 354:
            final = go
            if go.is_success:
                raise HostUnusable(Reply(451, "4.5.0", "The server broke the protocol"))
            await self._reset()
        else:
            final = await self._data(letter.data)
        for position in accepted:
            replies[position] = final
        return replies

    async def _reset(self) -> None:
        """Close the transaction; a server that hangs up instead has answered for this letter all the same."""
        try:
            await self._say("RSET", self.timeouts.command)
        except HostUnusable:
            self.abort()

    async def _envelope(self, letter: Letter) -> list[Reply]:
        commands = [self._mail(letter), *(self._rcpt(to) for to in letter.to)]
        if "PIPELINING" in self.capabilities:
            await self._write("".join(f"{command}\r\n" for command in commands).encode())
            mail, *replies = [await self._hear(self.timeouts.command) for _ in commands]
            return replies if mail.is_success else [mail] * len(letter.to)
        mail = await self._say(commands[0], self.timeouts.command)
        if not mail.is_success:
            return [mail] * len(letter.to)
        return [await self._say(command, self.timeouts.command) for command in commands[1:]]

    def _mail(self, letter: Letter) -> str:
        words = [f"MAIL FROM:<{letter.sender}>"]
        if "SIZE" in self.capabilities:
            words.append(f"SIZE={len(letter.data)}")
        # To a server without 8BITMIME eight-bit mail goes as it is: all of them carry it, and a conversion
        # would break every signature.
        if "8BITMIME" in self.capabilities and not letter.data.isascii():
            words.append("BODY=8BITMIME")
        if letter.smtputf8:
            words.append("SMTPUTF8")
        if letter.requiretls:
            words.append("REQUIRETLS")
        if "DSN" in self.capabilities:
            words += [f"RET={letter.ret}"] if letter.ret else []
            words += [f"ENVID={xtext(letter.envid)}"] if letter.envid else []
        return " ".join(words)

    def _rcpt(self, to: To) -> str:
        words = [f"RCPT TO:<{to.address}>"]
        if "DSN" in self.capabilities:
            words += [f"NOTIFY={to.notify}"] if to.notify else []
            if to.orcpt:
                kind, _, value = to.orcpt.partition(";")
                words.append(f"ORCPT={kind};{xtext(value)}")
        return " ".join(words)

    async def _data(self, data: bytes) -> Reply:
        try:
            wire = stuffed(data)
            for start in range(0, len(wire), CHUNK):
                await self._write(wire[start : start + CHUNK])
            return await self._hear(self.timeouts.final)
        except HostUnusable as error:
            # The server may have the message or not; only trying again is safe (RFC 1047).
            self.abort()
            return error.reply

    async def quit(self) -> None:
        """Say goodbye, briefly, and close."""
        with contextlib.suppress(HostUnusable):
            await self._say("QUIT", self.timeouts.quit)
        self.abort()

    def abort(self) -> None:
        """Close without a word."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    async def _say(self, command: str, seconds: float) -> Reply:
        await self._write(f"{command}\r\n".encode())
        return await self._hear(seconds)

    async def _write(self, data: bytes) -> None:
        if self.writer is None:
            raise HostUnusable(LOST)
        try:
            async with asyncio.timeout(self.timeouts.data):
                self.writer.write(data)
                await self.writer.drain()
        except (OSError, TimeoutError) as error:
            raise HostUnusable(LOST) from error

    async def _hear(self, seconds: float) -> Reply:
        assert self.reader is not None
        try:
            async with asyncio.timeout(seconds):
                lines = await self._lines(self.reader)
        except TimeoutError as error:
            raise HostUnusable(Reply(451, "4.4.2", "The server did not answer in time")) from error
        except (ClientProtocolError, ValueError) as error:
            raise HostUnusable(Reply(451, "4.5.0", "The server does not speak SMTP")) from error
        except OSError as error:
            raise HostUnusable(LOST) from error
        reply = read_reply(lines)
        if reply.code == 421:
            raise HostUnusable(reply)
        return reply

    async def _has_more(self) -> bool:
        """Whether words came that nobody asked for: in the clear, and yet they would be heard inside TLS."""
        assert self.reader is not None
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(0):
                return bool(await self.reader.read(1))
        return False

    async def _lines(self, reader: asyncio.StreamReader) -> list[bytes]:
        lines: list[bytes] = []
        while len(lines) < MAX_LINES:
            line = await reader.readline()
            if not line.endswith(b"\n"):
                raise HostUnusable(LOST)
            if len(line) > MAX_LINE:
                break
            lines.append(line)
            if is_last(line):
                return lines
        raise ClientProtocolError("a reply without end")


def _failure(error: Exception) -> str:
    """Say why a handshake failed as a report may repeat it: what OpenSSL calls it, nothing of our machine."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return "no answer in time" if isinstance(error, TimeoutError) else "the connection broke off"


def _with(reply: Reply, detail: str) -> Reply:
    """Say in a reply what OpenSSL has against a certificate."""
    words = "".join(c for c in detail if c.isascii() and c.isprintable())[:200]
    return Reply(reply.code, reply.enhanced, f"{reply.text}: {words}")
