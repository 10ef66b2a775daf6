"""Say that something changed, after it is committed, to everyone who watches the mailbox."""

import logging
from collections.abc import Iterable

import redis
import redis.asyncio

from .changes import Change

log = logging.getLogger(__name__)


def publish(client: redis.Redis, changes: Iterable[Change]) -> None:
    """Publish hints; a Valkey that is away costs the hint and nothing else. Call it after COMMIT."""
    if not (changes := tuple(changes)):
        return
    try:
        with client.pipeline(transaction=False) as pipe:
            for change in changes:
                pipe.publish(change.channel, change.encode())
            pipe.execute()
    except redis.exceptions.RedisError as error:
        log.warning("hint lost", extra={"error": str(error)})


async def publish_async(client: redis.asyncio.Redis, changes: Iterable[Change]) -> None:
    """Do the same from a listener's loop."""
    if not (changes := tuple(changes)):
        return
    try:
        async with client.pipeline(transaction=False) as pipe:
            for change in changes:
                pipe.publish(change.channel, change.encode())
            await pipe.execute()
    except redis.exceptions.RedisError as error:
        log.warning("hint lost", extra={"error": str(error)})
