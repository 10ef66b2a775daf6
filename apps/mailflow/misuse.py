"""Signs that an account is in somebody else's hands, seen while it sends: unwanted mail, and many people never written to.

Counted by the hour in Valkey, for all processes; a Valkey that is away sees nothing, and stops nobody.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio

from apps.spam.thresholds import Action

log = logging.getLogger(__name__)

HOUR = 3600
KNOWN_SECONDS = 180 * 24 * HOUR
UNWANTED = frozenset({Action.JUNK, Action.QUARANTINE, Action.REFUSE})
MOST_UNWANTED = 5
"""Messages an hour that look like junk: one may be a letter about junk, five are a stream."""
WORST = 2
"""A message that would be refused counts for so many."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one user within an hour."""

    unwanted: int = 0
    new_recipients: int = 0


def reasons(seen: Seen, *, most_new: int) -> list[str]:
    """Say what of this is no person's doing; nothing where it may well be. `most_new` of 0 is no limit."""
    found = []
    if seen.unwanted >= MOST_UNWANTED:
        found.append(f"{seen.unwanted} points for messages of one hour that look like junk")
    if most_new and seen.new_recipients > most_new:
        found.append(f"{seen.new_recipients} recipients of one hour whom the user never wrote to before")
    return found


class Watch:
    """Counts what users send; one for a process."""

    def __init__(self, valkey: redis.asyncio.Redis, *, most_new: int, now: Callable[[], float]) -> None:
        self._valkey = valkey
        self._most_new = most_new
        self._now = now

    async def look(
        self, user_id: int, recipients: Sequence[str], verdict: Mapping[str, Any] | None
    ) -> list[str]:
        """Count a message, and say what is wrong with what its user sent within the hour."""
        hour = int(self._now() // HOUR)
        points = _points(verdict)
        unwanted, new = f"misuse:unwanted:{user_id}:{hour}", f"misuse:new:{user_id}:{hour}"
        known = f"misuse:known:{user_id}"
        try:
            async with self._valkey.pipeline(transaction=False) as pipe:
                pipe.sadd(known, *(one.lower()[:320] for one in recipients))
                pipe.expire(known, KNOWN_SECONDS)
                pipe.incrby(unwanted, points)
                pipe.expire(unwanted, 2 * HOUR)
                added, _, bad, _ = await pipe.execute()
            many = int(await self._valkey.incrby(new, added))
            if added:
                await self._valkey.expire(new, 2 * HOUR)
        except (redis.exceptions.RedisError, OSError) as error:
            log.warning("sender not watched", extra={"error": str(error)})
            return []
        return reasons(Seen(int(bad), many), most_new=self._most_new)


def _points(verdict: Mapping[str, Any] | None) -> int:
    action = (verdict or {}).get("action")
    if action == Action.REFUSE:
        return WORST
    return int(action in UNWANTED)
