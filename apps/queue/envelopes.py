"""What travels beside a message's bytes: the envelope, and each recipient with its lane."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import Lane, Origin


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and its parameters; an empty sender is the null sender."""

    sender: str
    smtputf8: bool = False
    eight_bit: bool = False
    requiretls: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO after routing: a mailbox of ours, or an address elsewhere.

    `organisation_id` is the tenant on whose account it travels: the mailbox's, the alias's, or the sender's.
    Several original recipients may lead to one mailbox; then `address` is the first of them.
    """

    address: str
    lane: Lane
    organisation_id: int
    domain: str
    mailbox_id: int | None = None
    orcpt: str = ""
    notify: str = ""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message of one organisation to be queued: its blob is kept already, in the same transaction."""

    organisation_id: int
    blob_hash: bytes
    size: int
    facts: bytes
    envelope: Envelope
    recipients: tuple[Recipient, ...]
    prefix: bytes
    trace_id: uuid.UUID
    origin: Origin
    accepted_at: datetime
    verdict: dict[str, Any] | None = None
    priority: int = 0
    evidence: dict[str, Any] | None = None
    held: str = ""
    """Why it is kept until it is let go; empty: it is due at once."""
