"""Fuzz target: a search is a tree of keys or a ProtocolError, in whatever charset."""

import contextlib

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.lexer import Lexer
from apps.protocols.imap.search import parse_charset, parse_keys


def test_one_input(data: bytes) -> None:
    """Read the first line as a charset, and the rest as keys in it; NULs part text and literals."""
    charset, _, rest = data.partition(b"\n")
    codec = "utf-8"
    with contextlib.suppress(ProtocolError):
        codec = parse_charset(Lexer([charset]))
    parts = rest.split(b"\0")
    with contextlib.suppress(ProtocolError):
        # What searching does with a tree: it is hashed and shown in logs.
        tree = parse_keys(Lexer(parts if len(parts) % 2 else parts[:-1]), codec)
        hash(tree)
        repr(tree)
