"""Fuzz target: the end of DATA, whole and byte by byte."""

from apps.protocols.smtp.data import DataReader, Received


def test_one_input(data: bytes) -> None:
    """The first byte is the limit; the rest arrives at once, and again byte by byte."""
    limit, data = data[0] if data else 0, data[1:]
    whole = DataReader(limit).feed(data)
    slow = DataReader(limit)
    for at in range(len(data)):
        if received := slow.feed(data[at : at + 1]):
            assert Received(received.message, received.fault, data[at + 1 :]) == whole
            return
    assert whole is None
