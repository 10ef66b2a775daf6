"""Archives looked into without unpacking them to anywhere: bounded in depth, members, bytes and trouble. Pure.

Central directories are read by hand: Python's zipfile refuses what the victim's program opens, and reads a million
entries where we want the first few hundred.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from apps.protocols.mime.charsets import clean
from apps.protocols.mime.sniff import sniff

from . import rar
from .files import kind_of_name

DEEPEST = 4
MOST_MEMBERS = 300
MOST_BYTES = 24 * 1024 * 1024
"""Bytes that are unpacked of one message."""
LARGEST_MEMBER = 8 * 1024 * 1024
HEAD = 64
BOMB_RATIO, BOMB_BYTES = 200, 64 * 1024 * 1024
LONGEST_NAME = 300

_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_BY_MAGIC = {
    "application/zip": "zip", "application/gzip": "gz", "application/x-bzip2": "bz2", "application/x-xz": "xz",
    "application/x-7z-compressed": "7z", "application/vnd.rar": "rar",
}  # fmt: skip
_AES_7Z = b"\x06\xf1\x07\x01"


@dataclass(frozen=True, slots=True)
class Member:
    """A file within an archive."""

    path: str
    """The names of the archives it lies in, and its own, with ` > ` between."""
    name: str
    sniffed: str
    """By its first bytes; '' where they could not be read."""


@dataclass(slots=True)
class Contents:
    """All that was found in a message's archives."""

    members: list[Member] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
    """Paths of what can be opened with a password alone."""
    unreadable: list[str] = field(default_factory=list)
    """Archives of a kind that is not looked into, or broken ones."""
    bombs: list[str] = field(default_factory=list)
    """What unpacks to very much more than it is."""
    depth: int = 0
    is_cut: bool = False
    """Whether there was more than is looked at."""


class Unpacker:
    """Looks into the archives of one message, within bounds they share."""

    def __init__(self, office: Callable[[str, bytes], None] | None = None) -> None:
        self.contents = Contents()
        self._left = MOST_BYTES
        self._office = office
        """Told of every office file within."""

    def open(self, name: str, data: bytes, depth: int = 1, path: str = "") -> bool:
        """Look into a file, if it is an archive; return whether it is one."""
        kind = archive_kind(name, data)
        if not kind:
            return False
        path = f"{path} > {name}" if path else name
        contents = self.contents
        contents.depth = max(contents.depth, depth)
        if depth > DEEPEST:
            contents.is_cut = True
            return True
        try:
            match kind:
                case "zip":
                    self._zip(data, depth, path)
                case "tar":
                    self._tar(data, depth, path)
                case "gz" | "bz2" | "xz":
                    self._one(kind, name, data, depth, path)
                case "rar":
                    self._rar(data, path)
                case "7z":
                    head_end = data[-64 * 1024 :]
                    (contents.encrypted if _AES_7Z in head_end else contents.unreadable).append(path)
                case _:
                    contents.unreadable.append(path)
        except (struct.error, zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, IndexError):
            contents.unreadable.append(path)
        return True

    def _zip(self, data: bytes, depth: int, path: str) -> None:
        count = total = 0
        for name, method, flags, packed, size, at in _entries(data):
            count += 1
            if count > MOST_MEMBERS or len(self.contents.members) >= MOST_MEMBERS:
                self.contents.is_cut = True
                break
            total += size
            if flags & 1:
                self._note(path, name, "")
                self.contents.encrypted.append(f"{path} > {name}")
                continue
            self._member(path, name, depth, _inflater(data, method, packed, at), size)
        if total > BOMB_BYTES and total > BOMB_RATIO * len(data):
            self.contents.bombs.append(path)
        if not count:
            self.contents.unreadable.append(path)

    def _member(self, path: str, name: str, depth: int, read: Callable[[int], bytes], size: int) -> None:
        """Note a file, and look into it where it may hold others."""
        head = read(HEAD)
        sniffed = sniff(head)
        self._note(path, name, sniffed)
        kind = kind_of_name(name)
        is_archive = sniffed in _BY_MAGIC or kind == "archive"
        is_office = kind in {"office", "macro office"} or sniffed == "application/x-ole-storage"
        if not (is_archive or is_office) or depth >= DEEPEST + 1:
            return
        limit = min(LARGEST_MEMBER, self._left)
        if limit <= 0:
            self.contents.is_cut = True
            return
        data = read(limit)
        self._left -= len(data)
        if len(data) >= limit and size > len(data):
            self.contents.is_cut = True
        if is_office and self._office is not None:
            self._office(f"{path} > {name}", data)
        else:
            self.open(name, data, depth + 1, path)

    def _one(self, kind: str, name: str, data: bytes, depth: int, path: str) -> None:
        """A compressed file."""
        inner = name.rpartition(".")[0] if kind_of_name(name) == "archive" else name
        if name.lower().endswith((".tgz", ".tbz", ".txz")):
            inner += ".tar"
        limit = min(LARGEST_MEMBER, self._left)
        if limit <= 0:
            self.contents.is_cut = True
            return
        out = _decompressed(kind, data, limit)
        self._left -= len(out)
        if len(out) >= limit:
            self.contents.is_cut = True
            if len(out) > BOMB_RATIO * len(data):
                self.contents.bombs.append(path)
        self._note(path, inner, sniff(out[:HEAD]))
        if archive_kind(inner, out):
            self.open(inner, out, depth + 1, path)

    def _tar(self, data: bytes, depth: int, path: str) -> None:
        at = 0
        while at + 512 <= len(data) and data[at] and len(self.contents.members) < MOST_MEMBERS:
            header = data[at : at + 512]
            size = int(header[124:136].strip(b"\0 ") or b"0", 8) if header[124] < 128 else 0
            start = at + 512
            if header[156:157] in {b"0", b"\0"}:
                name = _text(header[:100].partition(b"\0")[0])
                self._member(path, name, depth, _slice(data, start, min(size, len(data) - start)), size)
            at = start + (size + 511) // 512 * 512
        if at == 0:
            self.contents.unreadable.append(path)

    def _rar(self, data: bytes, path: str) -> None:
        listing = rar.listing(data, MOST_MEMBERS)
        if listing.is_encrypted:
            self.contents.encrypted.append(path)
        for name in listing.names:
            self._note(path, name, "")
        if not listing.names and not listing.is_encrypted:
            self.contents.unreadable.append(path)

    def _note(self, path: str, name: str, sniffed: str) -> None:
        if len(self.contents.members) >= MOST_MEMBERS:
            self.contents.is_cut = True
            return
        name = name.replace("\\", "/")[:LONGEST_NAME]
        self.contents.members.append(Member(f"{path} > {name}", name.rpartition("/")[2], sniffed))


def archive_kind(name: str, data: bytes) -> str:
    """Return what sort of archive it is, '' for none; an office file is none, though it may be a zip."""
    if kind_of_name(name) in {"office", "macro office"}:
        return ""
    if found := _BY_MAGIC.get(sniff(data[:HEAD])):
        return found
    if data[257:262] == b"ustar":
        return "tar"
    if kind_of_name(name) == "archive":
        # A zip may begin with anything; what names itself an archive and is none we know is one all the same.
        return "zip" if data.rfind(b"PK\x05\x06", -70_000) >= 0 else "unknown"
    return ""


def _entries(data: bytes) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Yield name, method, flags, packed size, size and offset of each entry of a zip."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 70_000))
    at = -1
    base = 0
    if end >= 0 and end + 20 <= len(data):
        size, at = struct.unpack_from("<II", data, end + 12)
        # Offsets count from the first entry, wherever that is.
        base = end - size - at if end >= size + at else 0
        at += base
    if at < 0 or data[at : at + 4] != b"PK\x01\x02":
        yield from _local_entries(data)
        return
    while data[at : at + 4] == b"PK\x01\x02" and at + _ENTRY.size <= len(data):
        fields = _ENTRY.unpack_from(data, at)
        flags, method, packed, size, name_length, extra, comment = (
            fields[3],
            fields[4],
            fields[8],
            fields[9],
            fields[10],
            fields[11],
            fields[12],
        )
        name = data[at + 46 : at + 46 + min(name_length, 1000)]
        yield _text(name), method, flags, packed, size, base + fields[16]
        at += 46 + name_length + extra + comment


def _local_entries(data: bytes) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Yield the entries of a zip without a directory, as programs that repair it find them."""
    at = data.find(b"PK\x03\x04")
    while at >= 0 and at + _LOCAL.size <= len(data):
        _, _, flags, method, _, _, _, packed, size, name_length, extra = _LOCAL.unpack_from(data, at)
        yield _text(data[at + 30 : at + 30 + min(name_length, 1000)]), method, flags, packed, size, at
        at = data.find(b"PK\x03\x04", at + 30 + name_length + extra + (0 if flags & 8 else packed))


def _inflater(data: bytes, method: int, packed: int, at: int) -> Callable[[int], bytes]:
    """Return what reads at most so many bytes of an entry."""

    def read(limit: int) -> bytes:
        if data[at : at + 4] != b"PK\x03\x04" or at + _LOCAL.size > len(data):
            return b""
        name_length, extra = struct.unpack_from("<HH", data, at + 26)
        start = at + 30 + name_length + extra
        end = start + packed if packed else len(data)
        if method == 0:
            return data[start : min(end, start + limit)]
        if method == 8:
            # What is unpacked is bounded, and so is what is read for it.
            try:
                return zlib.decompressobj(-15).decompress(
                    data[start : min(end, start + limit + 64 * 1024)], limit
                )
            except zlib.error:
                return b""
        return b""

    return read


def _slice(data: bytes, start: int, size: int) -> Callable[[int], bytes]:
    return lambda limit: data[start : start + min(size, limit)]


def _decompressed(kind: str, data: bytes, limit: int) -> bytes:
    """Return at most `limit` bytes of a compressed file."""
    if kind == "gz":
        return zlib.decompressobj(31).decompress(data, limit)
    if kind == "bz2":
        return bz2.BZ2Decompressor().decompress(data, limit)
    return lzma.LZMADecompressor(memlimit=32 * 1024 * 1024).decompress(data, limit)


def _text(name: bytes) -> str:
    try:
        return clean(name.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(name.decode("cp437", "replace"))
