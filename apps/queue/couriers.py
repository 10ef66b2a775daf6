"""The seam between the queue and those who carry: a Parcel goes in, an Outcome comes back."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from apps.protocols.smtp.replies import Reply

from .envelopes import Envelope, Recipient
from .models import Origin


@dataclass(frozen=True, slots=True)
class Parcel:
    """One queued message for one recipient, leased to the worker that claimed it."""

    id: int
    message_id: int
    attempts: int
    recipient: Recipient
    envelope: Envelope
    blob_hash: bytes
    size: int
    facts: bytes
    prefix: bytes
    verdict: dict[str, Any] | None
    evidence: dict[str, Any] | None
    trace_id: uuid.UUID
    origin: Origin
    priority: int
    accepted_at: datetime
    next_attempt: datetime

    @property
    def organisation_id(self) -> int:
        """The tenant whose blob it is."""
        return self.recipient.organisation_id


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side has it: `host` said `reply` (2xx)."""

    reply: Reply
    host: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; tried again when the queue planned it, or after `retry_after` if that is given."""

    reply: Reply
    host: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Never: `host` (empty: ourselves) refused for good, and the sender is to be told."""

    reply: Reply
    host: str = ""


type Outcome = Delivered | Deferred | Failed
type Carried = tuple[Parcel, Outcome]


class Courier(Protocol):
    """Carries parcels of one claim that share a destination; one failure never fails its neighbours."""

    def destination(self, domain: str) -> str:
        """Return what parcels may share a conversation by: the domain, or the smarthost it goes through."""
        ...

    def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
        """Carry them, in order, and tell each outcome as soon as it is known, so that it can be settled at once.

        Expected trouble is a value, never raised.
        """
        ...
