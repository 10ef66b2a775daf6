"""How much, how fast, from whom: counts shared by all processes through Valkey.

Each process counts on its own and adds its counts to Valkey once a second, so asking costs nothing and a Valkey
that is away only makes the limits a process's own. A limit may be passed by what comes within that second.
"""

import asyncio
import functools
import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass

import redis
import redis.asyncio

log = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
MAX_SUBJECTS = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` in each `window` of seconds; 0 is no limit."""

    name: str
    most: int
    window: int


@dataclass(slots=True)
class _Count:
    known: int = 0
    """What Valkey said all processes counted."""
    pending: int = 0
    """What we counted since."""


@functools.lru_cache(4096)
def network(address: str) -> str:
    """Return the network a stranger is counted under: /24 or /64; empty for ourselves, who are not counted."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return ""
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


def take(client: redis.Redis, rate: Rate, subject: str, count: int, *, now: float) -> bool:
    """Count `count` for the subject at once, unless that would pass the limit: for who is not on a loop.

    The counts are those of `Rates`. A Valkey that is away limits nobody.
    """
    if not rate.most or not subject:
        return True
    window = int(now // rate.window)
    key = f"rate:{rate.name}:{subject}:{window}"
    try:
        with client.pipeline(transaction=False) as pipe:
            pipe.incrby(key, count)
            pipe.expire(key, rate.window + 2)
            total = pipe.execute()[0]
        if int(total) <= rate.most:
            return True
        client.decrby(key, count)
    except (redis.exceptions.RedisError, OSError) as error:
        log.warning("rates not shared", extra={"error": str(error)})
        return True
    return False


class Rates:
    """The counts of one process."""

    def __init__(self, valkey: redis.asyncio.Redis, *, now: Callable[[], float]) -> None:
        self._valkey = valkey
        self._now = now
        self._counts: dict[tuple[str, int], _Count] = {}

    def allows(self, rate: Rate, subject: str, count: int = 1) -> bool:
        """Count `count` for the subject, unless that would pass the limit."""
        if not rate.most or not subject:
            return True
        window = int(self._now() // rate.window)
        key = f"rate:{rate.name}:{subject}:{window}", (window + 1) * rate.window
        counted = self._counts.get(key)
        if counted is None:
            if len(self._counts) >= MAX_SUBJECTS:
                return True
            counted = self._counts[key] = _Count()
        if counted.known + counted.pending + count > rate.most:
            return False
        counted.pending += count
        return True

    async def sync(self) -> None:
        """Tell Valkey what we counted and learn what the others did; forget windows that are over."""
        now = self._now()
        for key in [key for key in self._counts if key[1] <= now]:
            del self._counts[key]
        told = [(key, counted, counted.pending) for key, counted in self._counts.items() if counted.pending]
        if not told:
            return
        try:
            async with self._valkey.pipeline(transaction=False) as pipe:
                for (name, ends), _, pending in told:
                    pipe.incrby(name, pending)
                    pipe.expire(name, int(ends - now) + 2)
                answers = await pipe.execute()
        except (redis.exceptions.RedisError, OSError) as error:
            log.warning("rates not shared", extra={"error": str(error)})
            return
        for (_, counted, pending), total in zip(told, answers[::2], strict=True):
            counted.known, counted.pending = int(total), counted.pending - pending

    async def run(self) -> None:
        """Share the counts until cancelled."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            await self.sync()
