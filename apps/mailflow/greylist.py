"""Doubtful mail of strangers is asked for once more, a minute later: whoever sends it in bulk seldom comes again.

Only inside a window of scores: what is clean never waits, and what is plainly unwanted is not worth the wait. Known
correspondents and senders whose domain vouches for them pass, and so does a network that came again once. It is remembered
in Valkey, and a Valkey that is away keeps nobody waiting.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis
import redis.asyncio

from apps.spam.judged import of_mailbox
from apps.spam.symbols import Source

from .rate import network

log = logging.getLogger(__name__)

LEAST_SECONDS = 60
"""So long somebody has to wait; most servers come again after a minute or more."""
WAITED_SECONDS = 12 * 3600
"""Who does not come again within this time is new."""
KNOWN_SECONDS = 36 * 24 * 3600
"""Whoever came again is known for so long, which each message renews: mail that comes once a month does not wait twice."""


class Greylist:
    """Who came, and when, of one process; what is remembered all share."""

    def __init__(
        self, valkey: redis.asyncio.Redis, *, window: tuple[float, float], now: Callable[[], float]
    ) -> None:
        self._valkey = valkey
        self._window = window
        self._now = now

    async def delays(
        self,
        verdict: Mapping[str, Any] | None,
        mailbox_ids: Sequence[int | None],
        *,
        address: str,
        sender: str,
        checks: Mapping[str, Any] | None,
    ) -> bool:
        """Whether this message is to come again, for it is doubtful for everybody and its sender unknown."""
        if not verdict or checks is None or not self._is_doubtful(verdict, mailbox_ids) or _vouched(checks):
            return False
        who = f"{network(address)}:{sender.rpartition('@')[2].lower()[:255]}"
        try:
            return await self._is_new(who, mailbox_ids)
        except (redis.exceptions.RedisError, OSError) as error:
            log.warning("nobody asked to come again", extra={"error": str(error)})
            return False

    def _is_doubtful(self, verdict: Mapping[str, Any], mailbox_ids: Sequence[int | None]) -> bool:
        low, high = self._window
        for one in mailbox_ids or (None,):
            decided = of_mailbox(verdict, one)
            if not low <= decided.get("score", 0.0) < high or "allowed_by" in decided or _is_known(decided):
                return False
        return True

    async def _is_new(self, who: str, mailbox_ids: Sequence[int | None]) -> bool:
        now, known = int(self._now()), f"grey:known:{who}"
        keys = [f"grey:{who}:{one or 0}" for one in dict.fromkeys(mailbox_ids)]
        async with self._valkey.pipeline(transaction=False) as pipe:
            pipe.expire(known, KNOWN_SECONDS)
            for key in keys:
                pipe.set(key, now, nx=True, ex=WAITED_SECONDS)
            pipe.mget(keys)
            is_known, *_, first = await pipe.execute()
        if is_known:
            return False
        if any(at is None or now - int(at) < LEAST_SECONDS for at in first):
            return True
        await self._valkey.set(known, now, ex=KNOWN_SECONDS)
        return False


def _is_known(decided: Mapping[str, Any]) -> bool:
    """Whether a recipient has had to do with the sender: then something of their past speaks for them."""
    return any(
        source == Source.REPUTATION and weight < 0 for _, weight, source, *_ in decided.get("symbols", ())
    )


def _vouched(checks: Mapping[str, Any]) -> bool:
    """Whether the author's domain vouches for the message, by SPF or a signature of its own."""
    dmarc = checks.get("dmarc")
    return isinstance(dmarc, Mapping) and (dmarc.get("result") == "pass" or bool(dmarc.get("aligned")))
