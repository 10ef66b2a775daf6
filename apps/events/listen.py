"""Hear of changes: one subscriber a process, fanned out."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

import redis.asyncio

from .changes import CHANNELS, Change

log = logging.getLogger(__name__)

type Callback = Callable[[Change], None]


class Listener:
    """The process's one subscription; callbacks are called on the loop and must not block."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._watchers: defaultdict[int, set[Callback]] = defaultdict(set)

    def watch(self, mailbox_id: int, callback: Callback) -> Callable[[], None]:
        """Call `callback` on each change of the mailbox, until the returned function is called."""
        self._watchers[mailbox_id].add(callback)

        def stop() -> None:
            self._watchers[mailbox_id].discard(callback)
            if not self._watchers[mailbox_id]:
                del self._watchers[mailbox_id]

        return stop

    async def run(self) -> None:
        """Listen for ever; a connection that breaks is made again after a second."""
        while True:
            try:
                async with redis.asyncio.Redis.from_url(self._url) as client, client.pubsub() as pubsub:
                    await pubsub.subscribe(*(f"changes:{n}" for n in range(CHANNELS)))
                    async for message in pubsub.listen():
                        if message["type"] == "message" and (change := Change.decode(message["data"])):
                            for callback in tuple(self._watchers.get(change.mailbox_id, ())):
                                callback(change)
            except (redis.exceptions.RedisError, OSError) as error:
                log.warning("not hearing hints", extra={"error": str(error)})
                await asyncio.sleep(1)
