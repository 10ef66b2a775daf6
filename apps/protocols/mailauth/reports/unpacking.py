"""gzip and zip, unpacked piece by piece: what a header says about sizes is never believed (RFC 1952, APPNOTE 6.3)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from .limits import FREE_BYTES, MAX_PACKED_BYTES, MAX_RATIO, PIECE, ReportError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MAX_MEMBERS = 16

_END = b"PK\x05\x06"
_END_SPAN = 22 + 65535
_ENTRY = struct.Struct("<4s4xHHxxxxIIIHHHxxxxxxxxI")
_LOCAL = struct.Struct("<4s22xHH")
_STORED, _DEFLATED, _ENCRYPTED = 0, 8, 1


@dataclass(slots=True)
class _Meter:
    """Counts what comes out, and stops it."""

    packed: int
    limit: int
    out: int = 0

    def count(self, piece: bytes) -> bytes:
        self.out += len(piece)
        if self.out > self.limit:
            raise ReportError(f"more than {self.limit} bytes when unpacked")
        if self.out > FREE_BYTES and self.out > self.packed * MAX_RATIO:
            raise ReportError(f"packed more than {MAX_RATIO} times: a bomb")
        return piece


def unpacked(data: bytes, limit: int) -> Iterator[bytes]:
    """Yield the file that a gzip or a zip holds, or the bytes themselves; raises ReportError."""
    if len(data) > MAX_PACKED_BYTES and is_packed(data):
        raise ReportError(f"an archive of {len(data)} bytes")
    meter = _Meter(len(data), limit)
    if data.startswith(GZIP):
        pieces = _gunzip(data)
    elif data.startswith(ZIP):
        pieces = _unzip(data)
    elif is_packed(data):
        raise ReportError("an archive of a kind that no report comes in")
    else:
        pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
    is_first = True
    for piece in pieces:
        meter.count(piece)
        if is_first and piece and is_packed(data):
            is_first = False
            if is_packed(piece):
                raise ReportError("an archive in an archive")
        yield piece


def is_packed(data: bytes) -> bool:
    """Say whether these bytes begin an archive."""
    return data.startswith((GZIP, ZIP, _END, b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!"))


def _gunzip(data: bytes) -> Iterator[bytes]:
    rest = data
    for _ in range(MAX_MEMBERS):
        inflate = zlib.decompressobj(31)
        yield from _inflated(inflate, rest)
        rest = inflate.unused_data
        if not rest.startswith(GZIP):
            return  # What follows the end is padding.
    raise ReportError(f"a gzip of more than {MAX_MEMBERS} members")


def _inflated(inflate: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    try:
        held = data
        while not inflate.eof:
            piece = inflate.decompress(held, PIECE)
            held = inflate.unconsumed_tail
            if piece:
                yield piece
            elif not held and not inflate.eof:
                raise ReportError("the archive breaks off")
    except zlib.error as error:
        raise ReportError(f"not an archive that can be unpacked: {error}") from None


def _unzip(data: bytes) -> Iterator[bytes]:
    """Yield the first file; its end is where its own stream ends, and its sum must be right."""
    method, crc, packed, size, start = _first_file(data)
    found = 0
    total = 0
    body = data[start : start + packed] if method == _STORED else data[start:]
    pieces = iter((body,)) if method == _STORED else _inflated(zlib.decompressobj(-15), body)
    for piece in pieces:
        found = zlib.crc32(piece, found)
        total += len(piece)
        if total > size:
            raise ReportError("the zip says its file is smaller than it is")
        yield piece
    if total != size or found != crc:
        raise ReportError("the file in the zip is not the one it says")


def _first_file(data: bytes) -> tuple[int, int, int, int, int]:
    end = data.rfind(_END, max(0, len(data) - _END_SPAN))
    if end < 0 or len(data) < end + 22:
        raise ReportError("a zip without an end")
    (at,) = struct.unpack_from("<I", data, end + 16)
    for _ in range(MAX_MEMBERS):
        if at + _ENTRY.size > end or data[at : at + 4] != b"PK\x01\x02":
            break
        _, flags, method, crc, packed, size, name_length, extra, comment, offset = _ENTRY.unpack_from(
            data, at
        )
        name = data[at + 46 : at + 46 + name_length]
        at += 46 + name_length + extra + comment
        if name.endswith(b"/") or name.startswith(b"__MACOSX"):
            continue
        if flags & _ENCRYPTED or method not in {_STORED, _DEFLATED}:
            raise ReportError("a zip that is encrypted or packed in another way")
        if offset + _LOCAL.size > len(data) or data[offset : offset + 4] != ZIP:
            raise ReportError("a zip whose directory points nowhere")
        _, local_name, local_extra = _LOCAL.unpack_from(data, offset)
        return method, crc, packed, size, offset + _LOCAL.size + local_name + local_extra
    raise ReportError("a zip without a file")
