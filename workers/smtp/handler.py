"""What the verbs ask: decode, call mailflow, hand its answer back. No policy lives here."""

import asyncio
import datetime as dt
import logging

import prometheus_client
import psycopg
from django.db import DatabaseError

from apps.accounts.authentication import SignedIn, authenticate
from apps.accounts.doors import Door as SignInDoor
from apps.events.refusals import Refusal, RefusalLog
from apps.mailflow.arrivals import Peer, Transaction
from apps.mailflow.receive import Reception
from apps.mailflow.verdicts import Accept, Verdict
from apps.protocols.sasl import Secret
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.protocols.smtp.data import Received
from apps.protocols.smtp.replies import Reply
from workers.bridge import db

from .session import Envelope, Session

log = logging.getLogger(__name__)

ACCEPTED = prometheus_client.Counter("mail_smtp_accepted", "Messages accepted.", ["door"])
REFUSED = prometheus_client.Counter(
    "mail_smtp_refused", "Senders, recipients and messages refused.", ["door", "code", "enhanced"]
)


class Handler:
    """One for each door, shared by its connections."""

    def __init__(self, door: str, journey: Reception, refusals: RefusalLog) -> None:
        self.door = door
        self.journey = journey
        self.refusals = refusals

    async def mail(self, session: Session, envelope: Envelope, mail: Mail) -> Reply:
        """MAIL FROM."""
        peer = session.as_peer()
        verdict = await self.journey.sender(peer, mail)
        if isinstance(verdict, Accept):
            envelope.transaction = Transaction(mail, envelope.trace_id)
        return self._answer(peer, envelope, verdict, mail)

    async def rcpt(self, session: Session, envelope: Envelope, transaction: Transaction, rcpt: Rcpt) -> Reply:
        """RCPT TO."""
        peer = session.as_peer()
        routed = await self.journey.recipient(peer, transaction, rcpt)
        if isinstance(routed.verdict, Accept):
            transaction.take(rcpt, routed)
        else:
            transaction.refused += 1
        return self._answer(peer, envelope, routed.verdict, transaction.mail, rcpt)

    async def data(
        self, session: Session, envelope: Envelope, transaction: Transaction, received: Received
    ) -> Reply:
        """DATA, read to its end."""
        peer = session.as_peer()
        verdict = await self.journey.message(
            peer, transaction, received.message, received.fault, dt.datetime.now(dt.UTC)
        )
        if isinstance(verdict, Accept):
            ACCEPTED.labels(self.door).inc()
        return self._answer(peer, envelope, verdict, transaction.mail)

    async def sign_in(self, session: Session, secret: Secret) -> Reply:
        """AUTH, once the secret is there."""
        if secret.authzid not in {"", secret.login}:
            return replies.AUTH_FAILED
        try:
            answer = await db(
                authenticate,
                secret.login,
                secret.password,
                door=SignInDoor.SMTP,
                peer=session.address,
                client=session.host_name or "",
            )
        except DatabaseError as error:
            log.warning("sign-in not possible", extra={"error": str(error)})
            return replies.AUTH_UNAVAILABLE
        if isinstance(answer, SignedIn):
            session.user = answer
            session.authenticated = True
            return replies.SIGNED_IN
        log.info("sign-in refused", extra={"peer": session.address, "reason": answer.reason})
        await asyncio.sleep(answer.pause)
        if answer.needs_app_password:
            return replies.AUTH_NEEDS_APP_PASSWORD
        return replies.AUTH_THROTTLED if answer.retry_after is not None else replies.AUTH_FAILED

    def _answer(
        self, peer: Peer, envelope: Envelope, verdict: Verdict, mail: Mail, rcpt: Rcpt | None = None
    ) -> Reply:
        if isinstance(verdict, Accept):
            return verdict.reply
        REFUSED.labels(self.door, verdict.reply.code, verdict.reply.enhanced).inc()
        log.info(
            "refused", extra={"peer": peer.address, "reply": str(verdict.reply), "reason": verdict.reason}
        )
        self.refusals.refused(
            Refusal(
                envelope.trace_id,
                peer.address,
                verdict.reason,
                sender=str(mail.sender or ""),
                recipient=str(rcpt.recipient) if rcpt else "",
                reply=str(verdict.reply),
                checks=verdict.checks,
            )
        )
        return verdict.reply

    async def handle_exception(self, error: Exception) -> Reply:
        """Log what went wrong; the client learns that it may try again, and nothing else."""
        if isinstance(error, psycopg.OperationalError):
            log.warning("database away", extra={"error": str(error)})
        else:
            log.error("command failed", exc_info=error)
        return replies.TRY_LATER
