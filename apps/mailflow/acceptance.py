"""The group-commit writer: whoever puts an arrival is answered after COMMIT, and not before."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.events.transactions import Database
from apps.protocols.mime.scan import Scanned
from apps.queue.envelopes import Envelope, Recipient
from apps.queue.models import Origin

from .verdicts import Accept, Defer


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message a door has read to its end and found acceptable, with every recipient routed.

    `prefix` holds our trace headers (Received and what examining found), each ending in CRLF. `scanned` spares a
    second scan where the door needed one. `trace` goes into the trace's first row: peer, HELO, TLS, login.
    """

    trace_id: uuid.UUID
    origin: Origin
    envelope: Envelope
    recipients: tuple[Recipient, ...]
    body: bytes
    prefix: bytes
    received_at: datetime
    priority: int = 0
    scanned: Scanned | None = None
    trace: dict[str, Any] | None = None


class Writer:
    """Gathers what waits (up to 200 messages or 8 MB, no delay of its own) and commits it together."""

    def __init__(self, database: Database, *, writers: int = 2) -> None:
        self._database = database
        self._waiting: asyncio.Queue[Arrival] = asyncio.Queue()
        self._writers = writers

    async def put(self, arrival: Arrival, verdict: dict[str, Any] | None = None) -> Accept | Defer:
        """Keep and queue a message; Accept once it is durable, Defer when that could not be had.

        `verdict` is what judging found (a jsonb object), None when nobody judged.
        """
        raise NotImplementedError

    async def run(self) -> None:
        """Write until cancelled; the listener keeps this running."""
        raise NotImplementedError

    async def close(self) -> None:
        """Write what waits, then stop."""
        raise NotImplementedError
