"""Mail from strangers, step by step: sender, recipient, message; each is answered with a Verdict (flow A)."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from apps.events.transactions import Database
from apps.mailboxes.sql import Leads
from apps.protocols.addresses import Address
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.protocols.smtp.data import Fault
from apps.protocols.smtp.received import Hop, received
from apps.protocols.smtp.replies import Reply
from apps.queue.envelopes import Envelope
from apps.queue.models import Origin
from apps.spam.envelopes import Envelope as Came

from . import policy, routing
from .acceptance import Arrival, Writer
from .arrivals import Peer, Routed, Transaction
from .greylist import Greylist
from .rate import Rate, Rates, network
from .scan import Scanner
from .strangers import Met, Strangers, meet_user
from .verdicts import Accept, Defer, Refuse, Verdict

ROLES = frozenset({"postmaster", "abuse", "dmarc-reports", "tlsrpt"})
FAULTS: dict[Fault, Reply] = {
    Fault.TOO_LARGE: replies.TOO_LARGE,
    Fault.BARE_NEWLINE: replies.BARE_CR_OR_LF,
    Fault.NUL: replies.NUL_IN_MESSAGE,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may be, and how many may come."""

    message_bytes: int
    recipients: int
    rate: Rate


def here(found: routing.Routing, size: int, rcpt: Rcpt) -> Routed:
    """Answer for an address of a domain we serve."""
    if found.leads != Leads.HERE:
        return Routed(Refuse(replies.NO_SUCH_USER, f"the address is {found.leads}"))
    if not found.has_room(size):
        whose = found.over or "mailbox"
        return Routed(Defer(replies.MAILBOX_FULL, f"what is stored and queued reaches the {whose}'s quota"))
    return Routed(Accept(replies.RECIPIENT_OK), found.recipients(rcpt))


class Reception:
    """What both ways in share, and how strangers come in by it."""

    origin = Origin.MX

    def __init__(
        self,
        database: Database,
        router: routing.Router,
        writer: Writer,
        rates: Rates,
        limits: Limits,
        hostname: str,
        strangers: Strangers | None = None,
        scanner: Scanner | None = None,
        greylist: Greylist | None = None,
    ) -> None:
        self.database = database
        self.router = router
        self.writer = writer
        self.rates = rates
        self.limits = limits
        self.hostname = hostname
        self.strangers = strangers
        self.scanner = scanner
        self.greylist = greylist

    async def sender(self, peer: Peer, mail: Mail) -> Verdict:
        """Answer MAIL FROM: it is not too large already, nor one too many."""
        if mail.size is not None and mail.size > self.limits.message_bytes:
            return Refuse(replies.TOO_LARGE, f"SIZE={mail.size}")
        if not self.rates.allows(self.limits.rate, network(peer.address)):
            return Defer(replies.RATE_LIMITED, "too many messages from this network")
        return Accept(replies.SENDER_OK)

    async def recipient(self, peer: Peer, transaction: Transaction, rcpt: Rcpt) -> Routed:
        """Answer RCPT TO: it is one of ours and has room."""
        if len(transaction.named) >= self.limits.recipients:
            return Routed(Defer(replies.TOO_MANY_RECIPIENTS, "too many recipients of one message"))
        found = await self._route(rcpt.recipient)
        if found.leads == Leads.ELSEWHERE:
            return Routed(Refuse(replies.RELAY_DENIED, "not one of our domains"))
        return here(found, transaction.mail.size or 0, rcpt)

    async def _route(self, address: Address) -> routing.Routing:
        """Ask where an address leads; the server's own name answers to the names every host must (RFC 5321 4.5.1)."""
        domain = address.domain
        while (found := await self.router.route(Address(address.local, domain))).leads == Leads.ELSEWHERE:
            if (
                not address.key.endswith(f"@{self.hostname}")
                or address.local.lower() not in ROLES
                or "." not in domain
            ):
                break
            domain = domain.partition(".")[2]
        return found

    async def message(
        self, peer: Peer, transaction: Transaction, body: bytes, fault: Fault | None, now: dt.datetime
    ) -> Verdict:
        """Answer DATA: examine, judge, keep; Accept only comes after COMMIT."""
        if fault is not None:
            return Refuse(FAULTS[fault], fault.value)
        return await self.judge_and_keep(peer, transaction, body, now)

    async def judge_and_keep(
        self, peer: Peer, transaction: Transaction, body: bytes, now: dt.datetime
    ) -> Verdict:
        """Examine, judge, and hand what nobody objects to over to the queue."""
        met = await self.meet(peer, transaction, body, now)
        if (objection := policy.judge(met.facts, met.disposal)) is not None:
            return replace(objection, checks=met.evidence)
        mail = transaction.mail
        verdict = await self.judged(peer, transaction, met)
        if (objection := self.unwanted(verdict, transaction)) is not None:
            return replace(objection, checks=met.evidence)
        if await self.is_delayed(peer, transaction, met, verdict):
            reason = f"doubtful mail of an unknown sender, score {(verdict or {}).get('score', 0):.1f}"
            return Defer(replies.COME_AGAIN, reason, checks=met.evidence)
        suspended = await self.suspended(peer, transaction, verdict)
        above = met.fields + await self.above(met.body, now)
        return await self.writer.put(
            Arrival(
                trace_id=transaction.trace_id,
                origin=self.origin,
                envelope=Envelope(
                    str(mail.sender or ""),
                    mail.smtputf8,
                    mail.eight_bit,
                    mail.requiretls,
                    mail.ret,
                    mail.envid,
                ),
                recipients=tuple(transaction.places.values()),
                body=met.body,
                prefix=self._received(peer, transaction, now) + above,
                received_at=now,
                scanned=met.facts.scanned,
                trace=_trace(peer),
                written=transaction.written,
                evidence=met.evidence,
                junk_for=met.disposal.junk_for,
                suspended=suspended,
            ),
            verdict,
        )

    async def judged(self, peer: Peer, transaction: Transaction, met: Met) -> dict[str, Any] | None:
        """Have a message judged for its recipients of ours; None where nobody did in time."""
        if self.scanner is None:
            return None
        mailboxes = [p.mailbox_id for p in transaction.places.values() if p.mailbox_id is not None]
        return await self.scanner.verdict(met.body, _envelope(peer, transaction, met), mailboxes)

    async def suspended(self, peer: Peer, transaction: Transaction, verdict: dict[str, Any] | None) -> str:
        """Return why a message that is taken is held; nothing for it is not."""
        return ""

    async def is_delayed(
        self, peer: Peer, transaction: Transaction, met: Met, verdict: dict[str, Any] | None
    ) -> bool:
        """Whether a stranger is asked to come again first."""
        return self.greylist is not None and await self.greylist.delays(
            verdict,
            [place.mailbox_id for place in transaction.places.values()],
            address=peer.address,
            sender=str(transaction.mail.sender or ""),
            checks=met.evidence,
        )

    def unwanted(self, verdict: dict[str, Any] | None, transaction: Transaction) -> Refuse | None:
        """Refuse what is to be refused for everybody."""
        return policy.unwanted(verdict, [place.mailbox_id for place in transaction.places.values()])

    async def meet(self, peer: Peer, transaction: Transaction, body: bytes, now: dt.datetime) -> Met:
        """Examine a message as what it is: a stranger's."""
        if self.strangers is None:
            return await meet_user(body)
        return await self.strangers.meet(peer, transaction, body, now)

    async def above(self, body: bytes, now: dt.datetime) -> bytes:  # What our users' mail needs.
        """Return what else goes in front of a message that is taken."""
        return b""

    def _received(self, peer: Peer, transaction: Transaction, now: dt.datetime) -> bytes:
        hop = Hop(
            helo=peer.helo,
            peer=peer.address,
            by=self.hostname,
            queue_id=transaction.trace_id.hex,
            esmtp=peer.esmtp,
            tls=peer.tls,
            signed_in=peer.user is not None,
            smtputf8=transaction.mail.smtputf8,
        )
        alone = str(transaction.named[0].recipient) if len(transaction.named) == 1 else None
        return received(hop, recipient=alone, now=now)


def _envelope(peer: Peer, transaction: Transaction, met: Met) -> Came:
    return Came(
        sender=str(transaction.mail.sender or ""),
        recipients=tuple(place.address for place in transaction.places.values()),
        address="" if peer.user is not None else peer.address,
        helo=peer.helo,
        tls=peer.tls,
        login=peer.user.address if peer.user is not None else "",
        checks=met.evidence or {},
    )


def _trace(peer: Peer) -> dict[str, str]:
    told = {"peer": peer.address, "helo": peer.helo, "tls": peer.tls}
    if peer.user is not None:
        told["login"] = peer.user.address
    return {name: value for name, value in told.items() if value}
