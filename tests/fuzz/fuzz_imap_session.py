"""Whatever a client sends and however it is split: events, and no error escapes."""

from tests.protocols.imap.test_session import play


def test_one_input(data: bytes) -> None:
    """Play the bytes at once, and cut at places taken from them."""
    size = data[0] + 1 if data else 1
    assert play([data]) == play([data[n : n + size] for n in range(0, len(data), size)])
