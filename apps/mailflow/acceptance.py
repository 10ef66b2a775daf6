"""The group-commit writer: whoever puts an arrival is answered after COMMIT, and not before."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import psycopg_pool
from django.conf import settings

from apps.events import trace
from apps.events.transactions import Database, Plan, query
from apps.protocols.mime.scan import Scanned, scan
from apps.protocols.smtp import replies
from apps.queue import facts, services
from apps.queue.envelopes import Envelope, NewMessage, Recipient
from apps.queue.models import Origin
from apps.spam.judged import in_short
from apps.store import blobs

from . import sql
from .verdicts import Accept, Defer

log = logging.getLogger(__name__)

BATCH = 200
BATCH_BYTES = 8 * 1024 * 1024
# Below this, hashing, packing and scanning a batch takes less time than handing it to a thread and back.
INLINE_BYTES = 64 * 1024
# How long a connection lost during COMMIT keeps a client waiting for the truth before it is told 451.
DOUBT_SECONDS = 30.0
SHOWN_RECIPIENTS = 20


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message a door has read to its end and found acceptable, with every recipient routed.

    `prefix` holds our trace headers (Received and what examining found), each ending in CRLF. `scanned` spares a
    second scan where the door needed one. `trace` goes into the trace's first row: peer, HELO, TLS, login.
    `written` are the addresses the sender wrote, by the recipient they led to, where they differ.
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
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)
    evidence: dict[str, Any] | None = None
    """What checking its sender came to; None where nobody checked."""
    junk_for: frozenset[int] = frozenset()
    """The organisations whose copy is filed as junk, as its author's domain asks."""
    held: str = ""
    """Why it is kept in the queue until somebody lets it go; empty: it is due at once."""
    suspended: str = ""
    """The same for what its sender believes to be sent: unlike a letter that can be recalled, it has its trace."""


@dataclass(slots=True)
class _Put:
    """An arrival that waits, and its answer to come."""

    arrival: Arrival
    verdict: dict[str, Any] | None
    answer: asyncio.Future[Accept | Defer]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An arrival with everything computed that needs no database."""

    messages: list[NewMessage]
    packed: list[blobs.PackedBlob]
    event: trace.Event
    is_told: bool = True
    """Not so for what its author can recall: whoever lets it go records the event then."""


class Writer:
    """Gathers what waits (up to 200 messages or 8 MB, no delay of its own) and commits it together.

    A batch that fails is tried message by message, so that a bad one cannot fail its neighbours. A connection lost
    while a commit may have happened is asked for again: what the database has is accepted, the rest is written.
    """

    def __init__(self, database: Database, *, writers: int = 2, doubt_seconds: float = DOUBT_SECONDS) -> None:
        self._database = database
        self._writers = writers
        self._doubt_seconds = doubt_seconds
        self._waiting: deque[_Put] = deque()
        self._more = asyncio.Event()
        self._closing = False

    async def put(self, arrival: Arrival, verdict: dict[str, Any] | None = None) -> Accept | Defer:
        """Keep and queue a message; Accept once it is durable, Defer when that could not be had.

        `verdict` is what judging found (a jsonb object), None when nobody judged.
        """
        if self._closing:
            return Defer(replies.SHUTTING_DOWN, "shutting down")
        put = _Put(arrival, verdict, asyncio.get_running_loop().create_future())
        self._waiting.append(put)
        self._more.set()
        return await put.answer

    async def run(self) -> None:
        """Write until closed; the listener keeps this running."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._writers):
                group.create_task(self._write())

    def close(self) -> None:
        """Take nothing more; `run` returns once what waits is written."""
        self._closing = True
        self._more.set()

    async def _write(self) -> None:
        while True:
            while not self._waiting:
                if self._closing:
                    return
                self._more.clear()
                await self._more.wait()
            # Those who read the end of their message in this turn of the loop come along.
            await asyncio.sleep(0)
            if batch := self._take():
                await self._answer(batch)

    def _take(self) -> list[_Put]:
        batch: list[_Put] = []
        size = 0
        while self._waiting and len(batch) < BATCH:
            size += len(self._waiting[0].arrival.body)
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _answer(self, batch: list[_Put]) -> None:
        try:
            verdicts = await self._commit(batch)
        except BaseException:
            for put in batch:
                if not put.answer.done():
                    put.answer.set_result(Defer(replies.SHUTTING_DOWN, "the writer was stopped"))
            raise
        for put, verdict in zip(batch, verdicts, strict=True):
            if not put.answer.done():
                put.answer.set_result(verdict)

    async def _commit(self, batch: Sequence[_Put]) -> Sequence[Accept | Defer]:
        try:
            if sum(len(put.arrival.body) for put in batch) > INLINE_BYTES:
                prepared = await asyncio.to_thread(_prepare, batch)
            else:
                prepared = _prepare(batch)
            await self._database.perform(keep(prepared))
        except psycopg_pool.PoolTimeout:
            return [_away("no connection to the database")] * len(batch)
        except psycopg.OperationalError as error:
            return await self._in_doubt(batch, str(error))
        except Exception as error:
            if len(batch) > 1:
                log.warning(
                    "batch failed, trying one by one", extra={"count": len(batch), "error": str(error)}
                )
                return [verdict for put in batch for verdict in await self._commit([put])]
            log.exception("message not accepted", extra={"trace_id": str(batch[0].arrival.trace_id)})
            return [Defer(replies.TRY_LATER, f"not accepted: {type(error).__name__}: {error}")]
        return [_accepted(put) for put in batch]

    async def _in_doubt(self, batch: Sequence[_Put], why: str) -> Sequence[Accept | Defer]:
        """The database broke off. If it comes back in time, see what it has and write the rest."""
        log.warning("commit in doubt", extra={"count": len(batch), "error": why})
        loop = asyncio.get_running_loop()
        end = loop.time() + self._doubt_seconds
        answers: dict[uuid.UUID, Accept | Defer] = {}
        while loop.time() < end:
            open_ = [put for put in batch if put.arrival.trace_id not in answers]
            try:
                kept = await self._database.perform(_kept([put.arrival.trace_id for put in open_]))
                for put in open_:
                    trace_id = put.arrival.trace_id
                    answers[trace_id] = _accepted(put) if trace_id in kept else await self._again(put)
            except psycopg.OperationalError:
                await asyncio.sleep(0.2)
                continue
            break
        return [answers.get(put.arrival.trace_id) or _away(why) for put in batch]

    async def _again(self, put: _Put) -> Accept | Defer:
        try:
            await self._database.perform(keep(await asyncio.to_thread(_prepare, [put])))
        except psycopg.OperationalError:
            raise
        except Exception as error:
            log.exception("message not accepted", extra={"trace_id": str(put.arrival.trace_id)})
            return Defer(replies.TRY_LATER, f"not accepted: {type(error).__name__}: {error}")
        return _accepted(put)


def _accepted(put: _Put) -> Accept:
    return Accept(replies.queued(put.arrival.trace_id.hex), put.arrival.trace_id)


def _away(why: str) -> Defer:
    return Defer(replies.TRY_LATER, f"database away: {why}")


def _prepare(batch: Sequence[_Put]) -> list[Prepared]:
    return prepare([(put.arrival, put.verdict) for put in batch])


def prepare(items: Sequence[tuple[Arrival, dict[str, Any] | None]]) -> list[Prepared]:
    """Scan, hash and pack arrivals, each with its verdict: everything that needs no database."""
    wanted: list[tuple[int, bytes]] = []
    by_organisation: list[dict[int, list[Recipient]]] = []
    for arrival, _ in items:
        groups: dict[int, list[Recipient]] = {}
        for recipient in arrival.recipients:
            groups.setdefault(recipient.organisation_id, []).append(recipient)
        by_organisation.append(groups)
        wanted += [(organisation_id, arrival.body) for organisation_id in groups]
    packed = iter(blobs.prepare(wanted))
    return [
        _prepared(arrival, verdict, groups, packed)
        for (arrival, verdict), groups in zip(items, by_organisation, strict=True)
    ]


def _prepared(
    arrival: Arrival, verdict: dict[str, Any] | None, groups: dict[int, list[Recipient]], packed: Any
) -> Prepared:
    scanned = arrival.scanned or scan(arrival.body)
    columns = facts.pack(scanned)
    messages, kept = [], []
    for organisation_id, recipients in groups.items():
        blob = next(packed)
        kept.append(blob)
        messages.append(
            NewMessage(
                organisation_id=organisation_id,
                blob_hash=blob.ref.hash,
                size=blob.ref.size,
                facts=columns,
                envelope=arrival.envelope,
                recipients=tuple(recipients),
                prefix=arrival.prefix,
                trace_id=arrival.trace_id,
                origin=arrival.origin,
                accepted_at=arrival.received_at,
                verdict=verdict,
                priority=arrival.priority - _waits(arrival, verdict),
                held=arrival.held or arrival.suspended,
                evidence=_evidence(arrival, organisation_id),
            )
        )
    return Prepared(messages, kept, _event(arrival, scanned, verdict), is_told=not arrival.held)


def _waits(arrival: Arrival, verdict: dict[str, Any] | None) -> int:
    """How much less urgent it is: what the courier is yet to judge must not keep what was judged waiting."""
    return int(verdict is None and arrival.origin == Origin.MX and settings.MAIL_SPAM)


def _evidence(arrival: Arrival, organisation_id: int) -> dict[str, Any] | None:
    if organisation_id not in arrival.junk_for:
        return arrival.evidence
    return {**(arrival.evidence or {}), "junk": "dmarc"}


def _event(arrival: Arrival, scanned: Scanned, verdict: dict[str, Any] | None) -> trace.Event:
    addresses = [recipient.address for recipient in arrival.recipients]
    detail: dict[str, Any] = {
        "origin": arrival.origin.value,
        "sender": arrival.envelope.sender,
        "recipients": addresses[:SHOWN_RECIPIENTS],
        "size": len(arrival.body),
        **(arrival.trace or {}),
    }
    if scanned.message_id:
        detail["message_id"] = scanned.message_id
    if len(addresses) > SHOWN_RECIPIENTS:
        detail["more"] = len(addresses) - SHOWN_RECIPIENTS
    if verdict is not None:
        detail["judged"] = in_short(verdict)
    if arrival.evidence is not None:
        detail["checks"] = arrival.evidence
    shown = {
        address: arrival.written[address]
        for address in addresses[:SHOWN_RECIPIENTS]
        if address in arrival.written
    }
    if shown:
        detail["written"] = shown
    keys = trace.keys_of(
        message_id=scanned.message_id or "",
        hosts=(detail.get("peer", ""), detail.get("helo", "")),
        addresses=(
            arrival.envelope.sender,
            *(text for texts in arrival.written.values() for text in texts),
            *addresses,
        ),
        mailbox_ids=(r.mailbox_id for r in arrival.recipients if r.mailbox_id is not None),
    )
    organisations = {recipient.organisation_id for recipient in arrival.recipients}
    organisation_id = organisations.pop() if len(organisations) == 1 else None
    return trace.Event(arrival.trace_id, trace.Kind.ACCEPTED, organisation_id, detail, keys)


def keep(prepared: Sequence[Prepared]) -> Plan[list[int]]:
    """Keep and queue what was prepared; return the ids of the queued messages.

    Nobody is told of what its author can recall: whoever lets it go records the event then.
    """
    yield from blobs.insert(blob for item in prepared for blob in item.packed)
    yield from trace.record(item.event for item in prepared if item.is_told)
    return (yield from services.enqueue([message for item in prepared for message in item.messages]))


def _kept(trace_ids: list[uuid.UUID]) -> Plan[set[uuid.UUID]]:
    rows = yield from query(sql.ACCEPTED, (trace_ids,))
    return {row[0] for row in rows}
