"""Fuzz target: what servers say can be read, forged results of ours go, and what is left stays as it is."""

from apps.protocols.mailauth.results import collect, read, without_ours


def test_one_input(data: bytes) -> None:
    """Read a value; take away and collect results in a header."""
    read(data.decode("utf-8", "replace"))
    left = without_ours(data, "mx.example.test")
    assert collect(left, "mx.example.test") == ""
    assert without_ours(left, "mx.example.test") == left
