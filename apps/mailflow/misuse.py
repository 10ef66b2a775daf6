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
AWAY = (redis.exceptions.RedisError, OSError)
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
        about = _Keys(user_id, self._now())
        try:
            async with self._valkey.pipeline(transaction=False) as pipe:
                _count(pipe, about, recipients, verdict)
                added, _, bad, _ = await pipe.execute()
            async with self._valkey.pipeline(transaction=False) as pipe:
                _count_new(pipe, about, added)
                many, _ = await pipe.execute()
        except AWAY as error:
            log.warning("sender not watched", extra={"error": str(error)})
            return []
        return reasons(Seen(int(bad), int(many)), most_new=self._most_new)


def look(
    client: redis.Redis, user_id: int, recipients: Sequence[str], *, most_new: int, now: float
) -> list[str]:
    """Do the same for who is not on a loop, about a letter that nobody has judged."""
    about = _Keys(user_id, now)
    try:
        with client.pipeline(transaction=False) as pipe:
            _count(pipe, about, recipients, None)
            added, _, bad, _ = pipe.execute()
        with client.pipeline(transaction=False) as pipe:
            _count_new(pipe, about, added)
            many, _ = pipe.execute()
    except AWAY as error:
        log.warning("sender not watched", extra={"error": str(error)})
        return []
    return reasons(Seen(int(bad), int(many)), most_new=most_new)


class _Keys:
    """Under what a user's hour is counted."""

    def __init__(self, user_id: int, now: float) -> None:
        hour = int(now // HOUR)
        self.unwanted, self.new = f"misuse:unwanted:{user_id}:{hour}", f"misuse:new:{user_id}:{hour}"
        self.known = f"misuse:known:{user_id}"


# Both clients have pipelines with the same methods, and no type in common.
def _count(pipe: Any, about: _Keys, recipients: Sequence[str], verdict: Mapping[str, Any] | None) -> None:
    pipe.sadd(about.known, *(one.lower()[:320] for one in recipients))
    pipe.expire(about.known, KNOWN_SECONDS)
    pipe.incrby(about.unwanted, _points(verdict))
    pipe.expire(about.unwanted, 2 * HOUR)


def _count_new(pipe: Any, about: _Keys, added: int) -> None:
    pipe.incrby(about.new, added)
    pipe.expire(about.new, 2 * HOUR)


def _points(verdict: Mapping[str, Any] | None) -> int:
    action = (verdict or {}).get("action")
    if action == Action.REFUSE:
        return WORST
    return int(action in UNWANTED)
