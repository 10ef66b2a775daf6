"""Fuzz target: any message is taken apart for the filter, and so is any HTML, in time that grows with its length."""

from apps.spam.reading import read


def test_one_input(data: bytes) -> None:
    """Read the bytes as a message, and as HTML many times over: what is quadratic shows."""
    for part in read(data).parts:
        part.data(1000)
    read(b"Content-Type: text/html\n\n" + data)
    read(b"Content-Type: text/html\n\n" + data[:400] * 50)
