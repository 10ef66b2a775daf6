"""Keeps an idle TLS connection small without making large answers slow.

uvloop allocates 256 KB for each TLS connection and touches a few pages of it. Taken from the heap, such buffers
lie among freed neighbours and cost 47 KB a connection; as pages of their own they cost 24. Yet to map and unmap
pages for every slice of a large answer costs more than the answer. So glibc is told to map large blocks only
while a TLS connection is made. Another C library has nothing to be told.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
CONNECTION_BUFFER = 192 * 1024
LARGE = 8 * 2**20

_mallopt: Callable[[int, int], int] | None = getattr(ctypes.CDLL(None), "mallopt", None)


def use_heap() -> None:
    """Take all but the largest blocks from the heap, and keep some of it free; call it first of all."""
    if _mallopt is not None:
        _mallopt(M_TRIM_THRESHOLD, LARGE)
        _mallopt(M_MMAP_THRESHOLD, LARGE)


def settle() -> None:
    """Spare the garbage collector what starting up left: to walk through it takes tens of milliseconds each time."""
    gc.collect()
    gc.freeze()


def connection_coming(loop: asyncio.AbstractEventLoop) -> None:
    """Give the buffer that is allocated in this turn of the loop pages of its own."""
    if _mallopt is not None:
        _mallopt(M_MMAP_THRESHOLD, CONNECTION_BUFFER)
        loop.call_soon(_mallopt, M_MMAP_THRESHOLD, LARGE)
