"""DATA ends with CRLF.CRLF alone, however its bytes arrive, and no false end starts a second message."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.smtp.data import DataReader, Fault, Received

FALSE_ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r.\n", b"\n.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n", b"\n\n.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\r.\n\r", b"\r\n\r.\r\n", b"\r\n.\n\r\n",
]  # fmt: skip
SMUGGLED = b"MAIL FROM:<mallory@example.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nSubject: x\r\n\r\nx"


def read(data: bytes, *, pieces: list[int] | None = None, limit: int = 10_000) -> Received | None:
    """Feed `data` cut at these places; what comes after the end is added to the rest, as a server would."""
    reader, cuts = DataReader(limit), sorted({0, len(data), *(pieces or [])})
    for start, stop in itertools.pairwise(cuts):
        if received := reader.feed(data[start:stop]):
            return Received(received.message, received.fault, received.rest + data[stop:])
    return None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Subject: hi\r\n\r\nhello\r\n.\r\n", b"Subject: hi\r\n\r\nhello\r\n"),
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"..a\r\n..\r\n...\r\n.b\r\n.\r\n", b".a\r\n.\r\n..\r\nb\r\n"),
        (b"a.\r\n.\r\n", b"a.\r\n"),
        ("zoë\xa0\r\n.\r\n".encode(), "zoë\xa0\r\n".encode()),
    ],
)
def test_it_works(data: bytes, message: bytes) -> None:
    assert read(data + b"NOOP\r\n") == Received(message, None, b"NOOP\r\n")


@pytest.mark.parametrize("end", FALSE_ENDS)
def test_a_false_end_ends_nothing_and_the_whole_is_refused(end: bytes) -> None:
    received = read(b"Subject: hi\r\n\r\nhi" + end + SMUGGLED + b"\r\n.\r\nQUIT\r\n")
    assert received is not None
    assert received.fault in {Fault.BARE_NEWLINE, Fault.NUL}
    assert received.message == b""
    assert received.rest == b"QUIT\r\n"


@pytest.mark.parametrize("end", FALSE_ENDS)
def test_a_false_end_at_the_end_is_waited_past(end: bytes) -> None:
    assert read(b"Subject: hi\r\n\r\nhi" + end) is None or end.endswith(b"\r\n.\r\n")


def test_a_true_end_within_is_the_end() -> None:
    received = read(b"a\r\n.\r\n" + SMUGGLED + b"\r\n.\r\n")
    assert received is not None
    assert received.message == b"a\r\n"
    assert received.rest == SMUGGLED + b"\r\n.\r\n"


def test_the_limit_counts_what_is_kept() -> None:
    assert read(b"12345678\r\n.\r\n", limit=10) == Received(b"12345678\r\n", None, b"")
    assert read(b"123456789\r\n.\r\n", limit=10) == Received(b"", Fault.TOO_LARGE, b"")
    assert read(b"..\r\n" * 1000 + b".\r\n", limit=3000) == Received(b".\r\n" * 1000, None, b"")
    assert read(b"..\r\n" * 1000 + b".\r\n", limit=2999, pieces=list(range(4000))) == Received(
        b"", Fault.TOO_LARGE, b""
    )


def test_a_message_over_the_limit_is_not_kept() -> None:
    reader = DataReader(1000)
    for _ in range(1000):
        assert reader.feed(b"x" * 998 + b"\r\n") is None
        assert len(reader._buffer) <= 2010
    assert reader.feed(b".\r\nQUIT\r\n") == Received(b"", Fault.TOO_LARGE, b"QUIT\r\n")


def test_time_is_linear() -> None:
    reader, started = DataReader(2**20), time.process_time()
    for _ in range(2**19):
        reader.feed(b"\r\n")
    assert reader.feed(b".\r\n") is not None
    assert time.process_time() - started < 3


_BITS = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\0", b"..", b"\r\n.\r\n"]))


@given(_BITS.map(b"".join), st.lists(st.integers(0, 60)), st.integers(0, 40))
def test_how_the_bytes_are_split_never_matters(data: bytes, pieces: list[int], limit: int) -> None:
    whole = read(data, limit=limit)
    assert read(data, pieces=[p for p in pieces if p < len(data)], limit=limit) == whole
    assert read(data, pieces=list(range(len(data))), limit=limit) == whole


@given(_BITS.map(b"".join))
def test_it_agrees_with_reading_line_by_line(data: bytes) -> None:
    received = read(data, limit=10_000)
    at, lines = 0, []
    while (end := data.find(b"\r\n", at)) >= 0 and data[at : end + 2] != b".\r\n":
        lines.append(data[at : end + 2].removeprefix(b"."))
        at = end + 2
    if end < 0:
        assert received is None
        return
    assert received is not None
    assert received.rest == data[at + 3 :]
    if received.fault is None:
        assert received.message == b"".join(lines)
    else:
        assert any({13, 10, 0} & set(line[:-2]) for line in lines)
