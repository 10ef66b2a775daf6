"""The names in a RAR archive, and whether it wants a password; nothing is unpacked."""

from dataclasses import dataclass, field

from apps.protocols.mime.charsets import clean

_OLD = b"Rar!\x1a\x07\x00"
_NEW = b"Rar!\x1a\x07\x01\x00"
_MOST_BLOCKS = 2000


@dataclass(slots=True)
class Listing:
    """What an archive's headers tell."""

    names: list[str] = field(default_factory=list)
    is_encrypted: bool = False


def listing(data: bytes, limit: int) -> Listing:
    """Read the headers of an archive; what is broken ends the list."""
    found = Listing()
    try:
        if data.startswith(_NEW):
            _read_new(data, found, limit)
        elif data.startswith(_OLD):
            _read_old(data, found, limit)
    except IndexError:
        pass
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; return it, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise IndexError


def _read_new(data: bytes, found: Listing, limit: int) -> None:
    """RAR 5: every header tells its length, its kind and how much follows it."""
    at = len(_NEW)
    for _ in range(_MOST_BLOCKS):
        size, start = _number(data, at + 4)
        kind, here = _number(data, start)
        flags, here = _number(data, here)
        extra = length = 0
        if flags & 1:
            extra, here = _number(data, here)
        if flags & 2:
            length, here = _number(data, here)
        if kind == 4:
            found.is_encrypted = True
            return
        if kind == 5:
            return
        end = start + size
        if kind == 2:
            file_flags, here = _number(data, here)
            _, here = _number(data, here)
            _, here = _number(data, here)
            here += 4 * bool(file_flags & 2) + 4 * bool(file_flags & 4)
            _, here = _number(data, here)
            _, here = _number(data, here)
            count, here = _number(data, here)
            found.names.append(clean(data[here : here + min(count, 1000)].decode("utf-8", "replace")))
            found.is_encrypted = found.is_encrypted or _has_password(data, end - extra, end)
            if len(found.names) >= limit:
                return
        at = end + length
        if at >= len(data):
            return


def _has_password(data: bytes, at: int, end: int) -> bool:
    """Whether the extra records of a file name an encryption (type 1)."""
    while at < end:
        size, here = _number(data, at)
        kind, _ = _number(data, here)
        if kind == 1:
            return True
        at = here + max(size, 1)
    return False


def _read_old(data: bytes, found: Listing, limit: int) -> None:
    """RAR 1.5 to 4: blocks of seven bytes and more."""
    at = len(_OLD)
    for _ in range(_MOST_BLOCKS):
        if at + 7 > len(data):
            return
        kind = data[at + 2]
        flags = int.from_bytes(data[at + 3 : at + 5], "little")
        size = int.from_bytes(data[at + 5 : at + 7], "little")
        if size < 7:
            return
        length = int.from_bytes(data[at + 7 : at + 11], "little") if flags & 0x8000 or kind == 0x74 else 0
        if kind == 0x73 and flags & 0x80:
            found.is_encrypted = True
            return
        if kind == 0x74:
            count = int.from_bytes(data[at + 26 : at + 28], "little")
            start = at + 32 + (8 if flags & 0x100 else 0)
            found.names.append(
                clean(data[start : start + min(count, 1000)].partition(b"\0")[0].decode("cp437", "replace"))
            )
            found.is_encrypted = found.is_encrypted or bool(flags & 4)
            if len(found.names) >= limit:
                return
        if kind == 0x7B:
            return
        at += size + length
