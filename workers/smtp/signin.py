"""AUTH PLAIN and LOGIN (RFC 4954)."""

from apps.protocols.sasl import (
    MAX_RESPONSE_BYTES,
    PASSWORD_CHALLENGE,
    USERNAME_CHALLENGE,
    SaslError,
    Secret,
    decode,
    login,
    plain,
)
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import CommandError

from .dialogue import Dialogue
from .incoming import LineTooLong


class SignIn(Dialogue):
    """The dialogue, with AUTH."""

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds it by this name
        """Sign in: under TLS, before mail, once."""
        if not self.door.is_for_users:
            self.say(replies.NOT_IMPLEMENTED)
        elif not self.session.host_name or not self.session.extended_smtp:
            self.say(replies.HELLO_FIRST)
        elif not self.may_sign_in:
            self.say(replies.AUTH_NEEDS_TLS)
        elif self.session.user is not None:
            self.say(replies.AUTH_ALREADY)
        elif self.envelope.transaction is not None:
            self.say(replies.AUTH_DURING_MAIL)
        else:
            mechanism, _, initial = (arg or "").partition(" ")
            try:
                secret = await self._secret(mechanism.upper(), initial.encode("utf-8", "surrogateescape"))
            except SaslError:
                self.say(replies.AUTH_SYNTAX)
                return
            self.say(await self.handler.sign_in(self.session, secret))

    async def _secret(self, mechanism: str, initial: bytes) -> Secret:
        match mechanism:
            case "PLAIN":
                return plain(decode(initial or await self._ask(b"")))
            case "LOGIN":
                username = decode(initial or await self._ask(USERNAME_CHALLENGE))
                return login(username, decode(await self._ask(PASSWORD_CHALLENGE)))
            case _:
                raise CommandError(replies.AUTH_MECHANISM if mechanism else replies.BAD_SYNTAX)

    async def _ask(self, challenge: bytes) -> bytes:
        self._outgoing.append(b"334 " + challenge + b"\r\n")
        await self.flush()
        self.heard()
        try:
            response = (await self.incoming.line(MAX_RESPONSE_BYTES)).rstrip(b"\r\n")
        except LineTooLong:
            raise CommandError(replies.AUTH_TOO_LONG) from None
        if response == b"*":
            raise CommandError(replies.AUTH_CANCELLED)
        return response
