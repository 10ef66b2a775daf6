"""Lines and chunks come out as they went in, however they were cut, and memory stays bounded."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.smtp.incoming import Incoming, LineTooLong


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(story(), 5)

    asyncio.run(main())


async def lines(incoming: Incoming, limit: int) -> list[bytes | None]:
    found: list[bytes | None] = []
    while True:
        try:
            found.append(await incoming.line(limit))
        except LineTooLong:
            found.append(None)
        except EOFError:
            return found


@given(st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"x" * 9])), st.lists(st.integers(0, 50)))
def test_how_the_bytes_are_split_never_matters(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    expected = [
        line if len(line) <= 8 else None for line in data.splitlines(keepends=True) if line.endswith(b"\n")
    ]

    async def story() -> None:
        incoming = Incoming()
        reading = asyncio.create_task(lines(incoming, 8))
        last = 0
        for cut in [*sorted(cuts), len(data)]:
            incoming.feed(data[last:cut], None)
            last = max(last, min(cut, len(data)))
            await asyncio.sleep(0)
        incoming.feed_eof()
        assert await reading == expected

    run(story)


def test_a_long_line_is_not_kept() -> None:
    async def story() -> None:
        incoming = Incoming()
        reading = asyncio.create_task(lines(incoming, 100))
        for _ in range(1000):
            incoming.feed(b"x" * 1000, None)
            await asyncio.sleep(0)
            assert len(incoming._buffer) <= 2000
        incoming.feed(b"\nNOOP\n", None)
        incoming.feed_eof()
        assert await reading == [None, b"NOOP\n"]

    run(story)


def test_what_was_read_too_far_comes_first() -> None:
    async def story() -> None:
        incoming = Incoming()
        incoming.feed(b"one\ntwo\n", None)
        assert await incoming.chunk() == b"one\ntwo\n"
        incoming.feed(b"three\n", None)
        incoming.unread(b"two\n")
        assert incoming.has_line()
        assert [await incoming.line(10), await incoming.line(10)] == [b"two\n", b"three\n"]
        incoming.feed_eof()
        with pytest.raises(EOFError):
            await incoming.chunk()

    run(story)
