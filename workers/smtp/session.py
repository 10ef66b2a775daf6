"""What a connection knows: the door it came in by, who is there, and the mail transaction that is open."""

import uuid
from dataclasses import dataclass

from aiosmtpd.smtp import Envelope as StockEnvelope
from aiosmtpd.smtp import Session as StockSession

from apps.accounts.authentication import SignedIn
from apps.mailflow.arrivals import Peer, Transaction


@dataclass(frozen=True, slots=True)
class Door:
    """One of our ports: what it is for and what it demands."""

    name: str
    hostname: str
    size_limit: int
    error_limit: int
    timeout: float
    is_for_users: bool = False
    plaintext_auth: bool = False


class Session(StockSession):
    """The connection, from greeting to goodbye; begun anew by STARTTLS."""

    address = ""
    tls = ""
    user: SignedIn | None = None

    def as_peer(self) -> Peer:
        """Return what the rest of the house is told about the client."""
        return Peer(self.address, self.host_name or "", self.extended_smtp, self.tls, self.user)


class Envelope(StockEnvelope):
    """Room for one mail transaction; renewed by EHLO, RSET, STARTTLS and after DATA."""

    def __init__(self) -> None:
        super().__init__()
        self.trace_id = uuid.uuid4()
        self.transaction: Transaction | None = None
