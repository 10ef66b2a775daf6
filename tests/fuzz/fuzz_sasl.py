"""Fuzz target: the answers of PLAIN and LOGIN are a login and a password, or a SaslError."""

import base64
import contextlib

from apps.protocols import sasl


def test_one_input(data: bytes) -> None:
    """Read the bytes as they stand, and as base64 a client would send."""
    for response in (data, base64.b64encode(data)):
        with contextlib.suppress(sasl.SaslError):
            found = sasl.plain(sasl.decode(response))
            assert found.login
            assert found.password
            assert found.password not in repr(found) or found.password in f"Secret({found.login!r})"
    username, _, password = data.partition(b"\n")
    with contextlib.suppress(sasl.SaslError):
        sasl.login(username, password)
