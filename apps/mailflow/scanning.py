"""What a scan worker does: take messages from Valkey, judge them, and answer who waits."""

import json
import logging
import threading
import uuid
from collections.abc import Sequence
from typing import Any

import redis

from apps.spam.envelopes import Envelope

from . import filtering
from .scan import ALIVE, unpack

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
ALIVE_SECONDS = 10
ANSWERS_LIVE = 30


def scan(client: redis.Redis, keys: Sequence[str]) -> int:
    """Judge the messages of these keys that are still waited for; return how many."""
    judged = 0
    for key in keys:
        # Taken one by one: a batch of large ones would be in memory together.
        if (packed := client.getdel(key)) is None:
            continue
        head, body = unpack(packed)  # type: ignore[arg-type]  # not the asynchronous client
        answer = json.dumps({"key": key, "verdict": _judge(head, body)}, separators=(",", ":"))
        with client.pipeline(transaction=False) as pipe:
            pipe.rpush(head["to"], answer)
            pipe.expire(head["to"], ANSWERS_LIVE)
            pipe.execute()
        judged += 1
    return judged


def _judge(head: dict[str, Any], body: bytes) -> dict[str, Any] | None:
    envelope = Envelope(
        sender=head["sender"],
        recipients=tuple(head["recipients"]),
        address=head["address"],
        helo=head["helo"],
        tls=head["tls"],
        login=head["login"],
        checks=head["checks"],
    )
    try:
        return filtering.judge(body, envelope, head["mailboxes"])
    except Exception:
        log.exception("not judged")
        return None


class Heartbeat:
    """Says that there is a worker, until it is stopped."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Say no more; whoever else works says so within two seconds."""
        self._stopped.set()
        try:
            self._client.delete(ALIVE)
        except redis.exceptions.RedisError as error:
            log.warning("heartbeat not taken back", extra={"error": str(error)})

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                # Another word each time, by which who waits in vain knows a dead worker's from a live one's.
                self._client.set(ALIVE, uuid.uuid4().hex, ex=ALIVE_SECONDS)
            except redis.exceptions.RedisError as error:
                log.warning("heartbeat not heard", extra={"error": str(error)})
            self._stopped.wait(BEAT_SECONDS)
