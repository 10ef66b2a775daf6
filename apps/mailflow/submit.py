"""Mail from our users: may they send as this, complete it, sign it, route it anywhere (flow B, RFC 6409).

A submitted message is not kept as it was sent: what it lacks is added (Date, Message-ID), and Bcc is taken out,
for a copy of it goes to everyone (RFC 5322 3.6.3; most clients do it themselves, and those that do not rely on
us), and so is a Sender who is not the user. A header that breaks off at a line which is no field is ended there
by a blank line, or readers could find a second From below it. A line `From ` on top, which an mbox has between
messages, goes. Everything else stays, byte for byte.
"""

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.accounts.authentication import SignedIn
from apps.events.transactions import Plan, query
from apps.mailboxes.queries import may_send_as
from apps.mailboxes.sql import Leads
from apps.protocols.addresses import Address, AddressError
from apps.protocols.mime import compose
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.headers import BLANK, HEADER, MBOX_LINE, every, first, subset
from apps.protocols.smtp import replies
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.protocols.smtp.data import Fault
from apps.queue.models import Origin

from . import holding, routing, sql
from .arrivals import Peer, Routed, Transaction
from .forged import without_forged
from .misuse import Watch
from .receive import FAULTS, Reception, here
from .signing import signed_on_loop
from .strangers import Met, meet_user
from .verdicts import Accept, Defer, Refuse, Verdict

BLIND = (b"bcc", b"resent-bcc")

MAX_AUTHORS = 20


@dataclass(frozen=True, slots=True)
class Misuse:
    """How misuse is seen, and what is done then: holding crosses to where the audit trail is written."""

    watch: Watch
    hold: Callable[[int, Sequence[str]], Awaitable[object]]


class Submission(Reception):
    """How our users' mail comes in."""

    origin = Origin.SUBMISSION
    misuse: Misuse | None = None

    async def sender(self, peer: Peer, mail: Mail) -> Verdict:
        """Answer MAIL FROM: it is one of the user's addresses."""
        if mail.size is not None and mail.size > self.limits.message_bytes:
            return Refuse(replies.TOO_LARGE, f"SIZE={mail.size}")
        if peer.user is None or not await self.database.perform(_goes_on(peer.user)):
            return Refuse(replies.AUTH_REQUIRED, "nobody signed in, or the session was ended")
        # The null sender is for receipts and vacation replies (RFC 8098 3); then From alone is checked.
        if mail.sender is not None and not await self._is_theirs(peer.user, mail.sender):
            return Refuse(replies.SENDER_NOT_YOURS, "sender is not an address of the user")
        return Accept(replies.SENDER_OK)

    async def recipient(self, peer: Peer, transaction: Transaction, rcpt: Rcpt) -> Routed:
        """Answer RCPT TO: anyone, within the user's rate; ours must exist and have room."""
        if peer.user is None:
            return Routed(Refuse(replies.AUTH_REQUIRED, "nobody signed in"))
        if len(transaction.named) >= self.limits.recipients:
            return Routed(Defer(replies.TOO_MANY_RECIPIENTS, "too many recipients of one message"))
        found = await self._route(rcpt.recipient)
        if not self.rates.allows(self.limits.rate, str(peer.user.user_id)):
            return Routed(Defer(replies.RATE_LIMITED, "too many recipients from this user"))
        if found.leads == Leads.ELSEWHERE:
            recipient = routing.remote(rcpt, peer.user.organisation_id)
            return Routed(Accept(replies.RECIPIENT_OK), (recipient,))
        return here(found, transaction.mail.size or 0, rcpt)

    async def message(
        self, peer: Peer, transaction: Transaction, body: bytes, fault: Fault | None, now: dt.datetime
    ) -> Verdict:
        """Answer DATA: check From, complete, judge, keep."""
        if fault is not None:
            return Refuse(FAULTS[fault], fault.value)
        if peer.user is None:
            return Refuse(replies.AUTH_REQUIRED, "nobody signed in")
        plan = authors(peer.user.user_id, transaction.mail.sender, body)
        if (refusal := await self.database.perform(plan)) is not None:
            return refusal
        domain = transaction.mail.sender.domain if transaction.mail.sender else self.hostname
        without = BLIND if await self._is_honest(peer.user, transaction, body) else (*BLIND, b"sender")
        # What bears our name is believed by programs that read it: not from users, either.
        body = without_forged(body, self.hostname)
        body = complete(
            body, now=now, message_id_domain=domain, random=secrets.token_bytes(16), without=without
        )
        return await self.judge_and_keep(peer, transaction, body, now)

    async def meet(self, peer: Peer, transaction: Transaction, body: bytes, now: dt.datetime) -> Met:
        """Examine a message as what it is: a user's."""
        return await meet_user(body)

    def unwanted(self, verdict: dict[str, Any] | None, transaction: Transaction) -> None:
        """Refuse nothing: what a user sends is nobody else's fault."""

    async def suspended(self, peer: Peer, transaction: Transaction, verdict: dict[str, Any] | None) -> str:
        """Hold what is sent by an account that may be in somebody else's hands."""
        if peer.user is None:
            return ""
        user_id = peer.user.user_id
        is_held = await self.database.perform(holding.is_held(user_id))
        if not is_held and self.misuse is not None:
            recipients = [place.address for place in transaction.places.values()]
            if reasons := await self.misuse.watch.look(user_id, recipients, verdict):
                await self.misuse.hold(user_id, reasons)
                is_held = True
        return holding.WHY if is_held else ""

    async def above(self, body: bytes, now: dt.datetime) -> bytes:
        """Return the signatures of its authors' domains."""
        return await signed_on_loop(self.database, body, now)

    async def _is_honest(self, user: SignedIn, transaction: Transaction, body: bytes) -> bool:
        """Whether Sender, where there is one, is an address of the user (RFC 6409 8.1)."""
        match = HEADER.match(body)
        for field in every(match[0], b"sender") if match else ():
            for text in map(spec_text, parse_addresses(field, 2)):
                try:
                    sender = Address.parse(text)
                except AddressError:
                    return False
                if sender != transaction.mail.sender and not await self._is_theirs(user, sender):
                    return False
        return True

    async def _is_theirs(self, user: SignedIn, address: Address) -> bool:
        return await self.database.perform(is_theirs(user.user_id, address))


def is_theirs(user_id: int, address: Address) -> Plan[bool]:
    """Ask whether an address is one of a user's."""
    return (yield from may_send_as(user_id, address.key))


def authors(user_id: int, sender: Address | None, body: bytes) -> Plan[Refuse | None]:
    """Check that From is there once and names the user's addresses alone: it is what the reader believes.

    `sender`, the envelope's, was found to be theirs before.
    """
    match = HEADER.match(body)
    fields = every(match[0], b"from") if match else []
    named = parse_addresses(fields[0], MAX_AUTHORS + 1) if len(fields) == 1 else []
    if not 0 < len(named) <= MAX_AUTHORS:
        return Refuse(replies.FROM_MISSING, f"{len(fields)} From fields with {len(named)} addresses")
    for text in dict.fromkeys(map(spec_text, named)):
        try:
            author = Address.parse(text)
        except AddressError:
            return Refuse(replies.FROM_MISSING, "no address in From")
        if author != sender and not (yield from is_theirs(user_id, author)):
            return Refuse(replies.FROM_NOT_YOURS, "From is not an address of the user")
    return None


def _goes_on(user: SignedIn) -> Plan[bool]:
    rows = yield from query(sql.SESSION_GOES_ON, [user.session_id])
    return bool(rows[0][0])


def complete(
    body: bytes, *, now: dt.datetime, message_id_domain: str, random: bytes, without: Sequence[bytes] = BLIND
) -> bytes:
    """Return the message as it leaves: with Date, Message-ID and an end of its header, without some fields."""
    if (line := MBOX_LINE.match(body)) is not None:
        body = body[line.end() :]  # Below what we add it would end the header.
    body = compose.complete(body, now=now, message_id_domain=message_id_domain, random=random)
    match = HEADER.match(body)
    header = match[0] if match else b""
    rest = body[len(header) :]
    is_ended = not rest or BLANK.match(rest)
    if all(first(header, name) is None for name in without):
        return body if is_ended else header + b"\r\n" + rest
    # `subset` ends with the blank line that the rest begins with.
    return subset(header, without, invert=True) + (rest.removeprefix(b"\r\n") if is_ended else rest)
