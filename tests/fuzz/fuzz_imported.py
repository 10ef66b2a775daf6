"""Fuzz target: any text is a verifier that matches no password, or none at all; nothing is raised."""

from apps.accounts import imported

SECONDS = 20  # A verifier may cost as much as a sign-in may.


def test_one_input(data: bytes) -> None:
    """Recognise a verifier and check a password nobody has."""
    found = imported.recognise(data.decode("utf-8", "surrogateescape"))
    if found is not None:
        assert not imported.check(*found, "a password nobody has \N{SNOWMAN}")
