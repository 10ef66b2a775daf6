"""One subscription for all sockets of a process, and the way from its loop to the database."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import close_old_connections

from apps.events.listen import Listener

_THREADS = 2
_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Listener, asyncio.Task[None]]] = (
    WeakKeyDictionary()
)


def hub() -> Listener:
    """Return the running loop's listener; the first who asks starts it."""
    loop = asyncio.get_running_loop()
    found = _listeners.get(loop)
    if found is None or found[1].done():
        listener = found[0] if found else Listener(settings.REDIS_URL)
        found = _listeners[loop] = listener, loop.create_task(listener.run())
    return found[0]


@functools.cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="sockets")


async def in_thread[**P, T](function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that asks the database; its connection is given back at once."""

    def call() -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_executor(), call)
