"""The bridge runs calls side by side, keeps the context, and lets exceptions through."""

import asyncio
import time
from uuid import uuid4

import pytest

from apps.events.context import trace_id, tracing
from workers import bridge


def test_slow_calls_do_not_queue_behind_each_other() -> None:
    async def main() -> float:
        await asyncio.gather(*(bridge.db(time.sleep, 0) for _ in range(4)))
        began = time.monotonic()
        await asyncio.gather(*(bridge.db(time.sleep, 0.1) for _ in range(4)))
        return time.monotonic() - began

    assert asyncio.run(main()) < 0.3


def test_it_carries_the_trace_over() -> None:
    trace = uuid4()

    async def main() -> object:
        with tracing(trace):
            return await bridge.db(trace_id.get)

    assert asyncio.run(main()) == trace


def test_exceptions_come_back() -> None:
    async def main() -> None:
        await bridge.db(int, "mallory")

    with pytest.raises(ValueError, match="mallory"):
        asyncio.run(main())
