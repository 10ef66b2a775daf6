"""Refusals before DATA: told in full for the first ten of a network, reason and minute, counted after that.

They change nothing else in the database, so they are written in batches, apart from any transaction; a listener
that is killed loses at most the last second of them.
"""

import asyncio
import ipaddress
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from .trace import Event, Kind, keys_of, record
from .transactions import Database

log = logging.getLogger(__name__)

IN_FULL = 10
MAX_WAITING = 5000
FLUSH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: who was told no, and why (the reason of our log)."""

    trace_id: uuid.UUID
    peer: str
    reason: str
    organisation_id: int | None = None
    sender: str = ""
    recipient: str = ""
    reply: str = ""
    checks: Mapping[str, Any] | None = None
    """What was found out about the sender, where a message was there to be checked."""


def network(peer: str) -> str:
    """Return the network a peer is counted under: IPv4 /24, IPv6 /48; what is no address is itself."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer[:60]
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False))


class RefusalLog:
    """A listener's refusals, on their way to the trace."""

    def __init__(self, database: Database, *, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._minute = 0
        self._seen: dict[tuple[str, str], int] = {}
        self._waiting: list[Event] = []

    def refused(self, refusal: Refusal) -> None:
        """Note a refusal; never blocks and never fails."""
        self._turn()
        counted = (network(refusal.peer), refusal.reason)
        if counted not in self._seen and len(self._seen) >= MAX_WAITING:
            counted = (
                "everywhere else",
                refusal.reason if len(self._seen) < 2 * MAX_WAITING else "any reason",
            )
        n = self._seen[counted] = self._seen.get(counted, 0) + 1
        if n <= IN_FULL and len(self._waiting) < MAX_WAITING:
            detail: dict[str, Any] = {"peer": refusal.peer, "reason": refusal.reason}
            detail |= _filled(sender=refusal.sender, recipient=refusal.recipient, reply=refusal.reply)
            if refusal.checks:
                detail["checks"] = refusal.checks
            keys = keys_of(hosts=(refusal.peer,), addresses=(refusal.sender, refusal.recipient))
            self._waiting.append(Event(refusal.trace_id, Kind.REFUSED, refusal.organisation_id, detail, keys))

    def _turn(self) -> None:
        """Begin a new minute: what was only counted becomes one row for each network and reason."""
        minute = int(self._now() // 60)
        if minute == self._minute:
            return
        for (network_, reason), n in self._seen.items():
            if n > IN_FULL:
                detail = {"network": network_, "reason": reason, "count": n - IN_FULL}
                self._waiting.append(Event(uuid.uuid4(), Kind.REFUSED, None, detail))
        self._seen.clear()
        self._minute = minute

    async def flush(self) -> None:
        """Write what waits; what cannot be written is dropped, for a trace is not worth a listener's memory."""
        self._turn()
        if not self._waiting:
            return
        events, self._waiting = self._waiting, []
        try:
            await self._database.perform(record(events))
        except psycopg.Error as error:
            log.warning("refusals not traced", extra={"count": len(events), "error": str(error)})

    async def run(self) -> None:
        """Write once a second until cancelled, then once more."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            self._minute = -1
            await self.flush()


def _filled(**texts: str) -> Mapping[str, str]:
    return {name: text for name, text in texts.items() if text}
