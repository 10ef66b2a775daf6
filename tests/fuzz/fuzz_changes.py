"""Fuzz target: what is heard on a channel is a change that can be told again, or nothing."""

from apps.events.changes import Change


def test_one_input(data: bytes) -> None:
    """Read a change and write it again."""
    change = Change.decode(data)
    if change is not None:
        assert Change.decode(change.encode()) == change
        assert change.channel
