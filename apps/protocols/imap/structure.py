"""BODYSTRUCTURE read back from the wire, as far as searching wants it: the names of attached files."""

import re
from urllib.parse import unquote_to_bytes

from apps.protocols.mime.headers import decode_words

_NAME = re.compile(
    rb'"(?:file)?name(?:\*(\d{1,3}))?(\*)?" (?:"((?:[^"\\]|\\.)*+)"|\{(\d{1,10})\}\r\n)',
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


def filenames(structure: bytes) -> list[str]:
    """Return the names of files that parts of a message have, decoded; pieces (RFC 2231) are joined."""
    names: list[str] = []
    end = -1
    for match in _NAME.finditer(structure):
        piece, encoded, quoted, length = match.groups()
        value = _ESCAPE.sub(rb"\1", quoted) if quoted is not None else structure[match.end() :][: int(length)]
        if encoded:
            # Of the first piece, charset and language stand before it.
            value = unquote_to_bytes(value.rpartition(b"'")[2] if piece in {None, b"0"} else value)
            text = value.decode("utf-8", "replace")
        else:
            text = decode_words(value)
        if piece is not None and int(piece) > 0 and names and match.start() == end + 1:
            names[-1] += text
        else:
            names.append(text)
        end = match.end()
    return names
