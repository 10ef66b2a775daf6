"""A message on its way in: who brings it, and what MAIL, RCPT and DATA have said so far."""

import uuid
from dataclasses import dataclass, field

from apps.accounts.authentication import SignedIn
from apps.protocols.smtp.commands import Mail, Rcpt
from apps.queue.envelopes import Recipient

from .verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection."""

    address: str
    helo: str = ""
    esmtp: bool = False
    tls: str = ""
    user: SignedIn | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """The answer to one RCPT TO, and where it leads if that is Accept."""

    verdict: Verdict
    recipients: tuple[Recipient, ...] = ()


@dataclass(slots=True)
class Transaction:
    """An open mail transaction; several recipients that lead to one place are one there."""

    mail: Mail
    trace_id: uuid.UUID
    named: list[Rcpt] = field(default_factory=list)
    refused: int = 0
    places: dict[object, Recipient] = field(default_factory=dict)
    written: dict[str, list[str]] = field(default_factory=dict)
    """What the sender wrote, by the address it led to, where the two differ."""

    def take(self, rcpt: Rcpt, routed: Routed) -> None:
        """Add a recipient that was accepted."""
        self.named.append(rcpt)
        address = str(rcpt.recipient)
        for recipient in routed.recipients:
            place = self.places.setdefault(recipient.mailbox_id or recipient.address.lower(), recipient)
            if address.lower() != place.address.lower():
                self.written.setdefault(place.address, []).append(address)
