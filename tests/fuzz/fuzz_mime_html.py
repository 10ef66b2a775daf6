"""Fuzz target: the words of any HTML, in time that grows with its length."""

from apps.protocols.mime.html_text import html_to_text


def test_one_input(data: bytes) -> None:
    """Read the bytes as HTML, and many times over: what is quadratic shows."""
    html_to_text(data.decode("utf-8", "replace"))
    html_to_text(data[:400].decode("utf-8", "replace") * 50)
