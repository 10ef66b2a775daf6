"""The one crossing from asyncio to the ORM.

Asgiref's default runs every call of a process on one thread, which serialises a whole listener. Here each call
takes a thread of a small pool. A bridge thread never waits for a network, a worker, or a lock that somebody
holds while waiting for one.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections


@functools.cache
def _executor() -> ThreadPoolExecutor:
    # As many threads as the process may have connections: each thread has a Django connection of its own.
    return ThreadPoolExecutor(settings.MAIL_DB_CONNECTIONS, thread_name_prefix="bridge")


async def db[**P, T](function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function`, which may use the ORM, from the loop; once a command at most. Plain values come back."""

    def _call() -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(_call, thread_sensitive=False, executor=_executor())()
