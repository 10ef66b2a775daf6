"""Bodies without their transfer encoding, piece by piece, however long they are (RFC 2045 6)."""

import binascii
import re
from collections.abc import Iterable, Iterator

from .headers import from_base64

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_LONGEST_LINE = 64 * 1024


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the decoded bytes; an encoding that is unknown is none."""
    match encoding:
        case "base64":
            return _base64(pieces)
        case "quoted-printable":
            return _quoted_printable(pieces)
    return iter(pieces)


def decoded_size(size: int, encoding: str) -> int:
    """Return about how many bytes will come out."""
    # 78 characters and their line end carry 57 bytes.
    return size * 57 // 78 if encoding == "base64" else size


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        held += _NOT_BASE64.sub(b"", piece)
        if b"=" in held:
            break  # Padding: this is the end, whatever follows.
        whole = len(held) - len(held) % 4
        if whole:
            yield binascii.a2b_base64(held[:whole])
            held = held[whole:]
    if held:
        yield from_base64(held)


def _quoted_printable(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        held += piece
        end = held.rfind(b"\n") + 1
        if not end and len(held) > _LONGEST_LINE:
            end = held.rfind(b"=", len(held) - 3)
            end = len(held) if end < 0 else end
        if end:
            yield binascii.a2b_qp(held[:end])
            held = held[end:]
    if held:
        yield binascii.a2b_qp(held)
