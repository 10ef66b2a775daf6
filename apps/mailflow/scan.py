"""A message is judged by a scan worker before its 250: the bytes go through Valkey, the answer is awaited, but not for long.

What waits is handed over together, for a Celery task costs more than the judging of a message. Each process has a list of
its own for answers. No heartbeat of a worker, a worker that is late, a Valkey that is away: the answer is None at once or in
time, the message is accepted unjudged, and the local courier judges it. A worker that died leaves a heartbeat for some
seconds, so one that was late is not believed until its heartbeat has changed.
"""

import asyncio
import json
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import prometheus_client
import redis
import redis.asyncio
from celery import current_app
from kombu.exceptions import OperationalError

from apps.spam.envelopes import Envelope

log = logging.getLogger(__name__)

TASK = "workers.jobs.scan.scan"
QUEUE = "scan"
ALIVE = "scan:alive"
BATCH = 10
BATCH_BYTES = 4 * 1024 * 1024
MOST_BYTES = 16 * 1024 * 1024
"""A larger message is not handed over: the courier judges it, with the bytes it has anyway."""
IN_FLIGHT_BYTES = 64 * 1024 * 1024
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2
AWAY = (redis.exceptions.RedisError, OperationalError, OSError, TimeoutError)
ASKED = prometheus_client.Counter("mail_scan_asked", "Messages to be judged at the door.", ["outcome"])
SECONDS = prometheus_client.Histogram(
    "mail_scan_seconds",
    "How long a verdict was waited for.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)


@dataclass(slots=True)
class _Asked:
    """A message that waits for its verdict."""

    key: str
    body: bytes
    head: dict[str, Any]
    answer: asyncio.Future[dict[str, Any]] = field(repr=False)


def pack(head: dict[str, Any], body: bytes) -> bytes:
    """Return a message as it travels: what is known of it, then its bytes."""
    told = json.dumps(head, separators=(",", ":")).encode()
    return len(told).to_bytes(4, "big") + told + body


def unpack(packed: bytes) -> tuple[dict[str, Any], bytes]:
    """Read a message as it travels."""
    end = 4 + int.from_bytes(packed[:4], "big")
    return json.loads(packed[4:end]), packed[end:]


def head_of(envelope: Envelope, mailbox_ids: Sequence[int]) -> dict[str, Any]:
    """Return what is known of a message as it travels."""
    return {
        "sender": envelope.sender,
        "recipients": list(envelope.recipients),
        "address": envelope.address,
        "helo": envelope.helo,
        "tls": envelope.tls,
        "login": envelope.login,
        "checks": dict(envelope.checks),
        "mailboxes": list(mailbox_ids),
    }


def _send(keys: list[str], seconds: float) -> None:
    current_app.send_task(TASK, args=[keys], queue=QUEUE, ignore_result=True, retry=False, expires=seconds)


class Scanner:
    """One for a process that has a loop; it judges while `run` runs."""

    def __init__(
        self,
        valkey: redis.asyncio.Redis,
        *,
        seconds: float,
        send: Callable[[list[str], float], None] = _send,
    ) -> None:
        self._valkey = valkey
        self._seconds = seconds
        self._send = send
        self._answers = f"scan:answers:{uuid.uuid4().hex}"
        self._waiting: deque[_Asked] = deque()
        self._open: dict[str, _Asked] = {}
        self._bytes = 0
        self._more, self._awaited = asyncio.Event(), asyncio.Event()
        self._beat: bytes | None = None
        self._distrusted: bytes | None = None

    @property
    def is_served(self) -> bool:
        """Whether somebody is there to judge."""
        return self._beat is not None and self._beat != self._distrusted

    async def verdict(
        self, body: bytes, envelope: Envelope, mailbox_ids: Sequence[int]
    ) -> dict[str, Any] | None:
        """Return how a message was judged for these mailboxes; None when nobody did, in time."""
        if not self.is_served:
            ASKED.labels("nobody").inc()
            return None
        if len(body) > MOST_BYTES or self._bytes + len(body) > IN_FLIGHT_BYTES:
            ASKED.labels("too large").inc()
            return None
        key, beat = f"scan:mail:{uuid.uuid4().hex}", self._beat
        asked = _Asked(
            key,
            body,
            {**head_of(envelope, mailbox_ids), "to": self._answers},
            asyncio.get_running_loop().create_future(),
        )
        self._open[key] = asked
        self._bytes += len(body)
        self._waiting.append(asked)
        self._more.set()
        self._awaited.set()
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                found = await asked.answer
        except TimeoutError:
            ASKED.labels("late").inc()
            self._distrusted = beat
            log.warning("not judged in time")
            return None
        except AWAY as error:
            ASKED.labels("away").inc()
            log.warning("not judged", extra={"error": str(error)})
            return None
        finally:
            self._bytes -= len(body)
            del self._open[key]
        ASKED.labels("judged" if found else "failed").inc()
        SECONDS.observe(time.monotonic() - began)
        return found or None

    async def run(self) -> None:
        """Look for workers, hand over and hear answers until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._look, self._hand_over, self._hear):
                group.create_task(self._go_on(work))

    async def _go_on(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin anew after a fault of ours: one that ended the listening would have every message wait in vain."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("scanning broke off")
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    beat = await self._valkey.get(ALIVE)
                self._beat = beat if isinstance(beat, bytes) else None
            except AWAY:
                self._beat = None
            await asyncio.sleep(LOOK_SECONDS)

    async def _hand_over(self) -> None:
        while True:
            self._more.clear()
            if not self._waiting:
                await self._more.wait()
            # Those who read the end of their message in this turn of the loop come along.
            await asyncio.sleep(0)
            if not (batch := self._take()):
                continue
            lives = int((self._seconds + 1) * 1000)
            try:
                async with self._valkey.pipeline(transaction=False) as pipe:
                    for asked in batch:
                        pipe.set(asked.key, pack(asked.head, asked.body), px=lives)
                    await pipe.execute()
                await asyncio.to_thread(self._send, [asked.key for asked in batch], self._seconds)
            except AWAY as error:
                for asked in batch:
                    if not asked.answer.done():
                        asked.answer.set_exception(error)

    def _take(self) -> list[_Asked]:
        batch: list[_Asked] = []
        size = 0
        while self._waiting and len(batch) < BATCH:
            if self._waiting[0].answer.done():  # Gone, or given up.
                self._waiting.popleft()
                continue
            size += len(self._waiting[0].body)
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _hear(self) -> None:
        while True:
            if not self._open:
                self._awaited.clear()
                await self._awaited.wait()
            try:
                found = await self._valkey.blpop([self._answers], timeout=ANSWER_SECONDS)
                more = await self._valkey.lpop(self._answers, BATCH) if found else None
            except AWAY:
                await asyncio.sleep(0.2)
                continue
            for text in [*(found[1:] if found else ()), *(more if isinstance(more, list) else ())]:
                self._answered(text)

    def _answered(self, text: object) -> None:
        try:
            answer = json.loads(text if isinstance(text, bytes) else b"")
            asked, found = self._open.get(answer["key"]), answer["verdict"]
        except (ValueError, KeyError, TypeError):
            log.exception("an answer that is none")
            return
        if asked is not None and not asked.answer.done():
            asked.answer.set_result(found if isinstance(found, dict) else {})
