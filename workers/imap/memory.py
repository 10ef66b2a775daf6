"""Keeps an idle TLS connection small without making large answers slow.

uvloop allocates 256 KB for each TLS connection and touches a few pages of it, so that one costs 25 KB, if only the
pages below it are not in memory already. On glibc's heap they may be: what is free there was used, by a SELECT that
looked at the flags of 20,000 messages, say, and a buffer laid over it keeps those 160 KB as long as the client
stays. So what is free is given back to the system before such a buffer is allocated, which costs a connection little
beside its handshake. To give it back after each command, or to map and unmap pages for each slice of an answer as
glibc does unless told otherwise, costs more than the answer. Another C library has nothing to be told.
"""

import ctypes
import gc
from collections.abc import Callable

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGE = 8 * 2**20

_libc = ctypes.PyDLL(None)
_mallopt: Callable[[int, int], int] | None = getattr(_libc, "mallopt", None)
_malloc_trim: Callable[[int], int] | None = getattr(_libc, "malloc_trim", None)


def use_heap() -> None:
    """Take all but the largest blocks from the heap, and keep some of it free; call it first of all."""
    if _mallopt is not None:
        _mallopt(M_TRIM_THRESHOLD, LARGE)
        _mallopt(M_MMAP_THRESHOLD, LARGE)


def settle() -> None:
    """Spare the garbage collector what starting up left: to walk through it takes tens of milliseconds each time."""
    gc.collect()
    gc.freeze()


def connection_coming() -> None:
    """Give back what is free, as the buffer of a TLS connection is about to be laid over it."""
    if _malloc_trim is not None:
        _malloc_trim(0)
