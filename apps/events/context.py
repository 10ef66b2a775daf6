"""What the running task is about, so that a line in the log says which message it belongs to."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

trace_id: ContextVar[UUID | None] = ContextVar("trace_id", default=None)


@contextmanager
def tracing(trace: UUID | None) -> Iterator[None]:
    """Put the trace id of one message on every line logged inside the block."""
    token = trace_id.set(trace)
    try:
        yield
    finally:
        trace_id.reset(token)
