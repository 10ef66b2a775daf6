"""Any bytes are a folder's name that can be written again, or a ProtocolError."""

import contextlib

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.utf7 import decode, encode


def test_one_input(data: bytes) -> None:
    """Read a name and write it again."""
    with contextlib.suppress(ProtocolError):
        name = decode(data)
        assert decode(encode(name)) == name
