"""Office files of the old form ([MS-CFB]) with a macro ([MS-OVBA]), written by hand: no program that writes them is kept."""

import struct

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_CODE = 'Attribute VB_Name = "ThisDocument"\r\n'


def with_macro(code: str) -> bytes:
    """Return a Word file whose only macro this is."""
    module = compressed((_CODE + code).encode())
    return compound(
        {
            "WordDocument": b"\xec\xa5" + bytes(200),
            "Macros": {
                "VBA": {
                    "dir": compressed(_directory()),
                    "ThisDocument": module,
                    "_VBA_PROJECT": b"\xcc\x61" + bytes(6),
                },
                "PROJECT": b'ID="{00000000-0000-0000-0000-000000000000}"\r\nDocument=ThisDocument/&H00000000\r\nName="Project"\r\n',
            },
        }
    )


def compressed(data: bytes) -> bytes:
    """Return a container of chunks of literal bytes."""
    out = b"\x01"
    for start in range(0, len(data), 3600):
        piece = data[start : start + 3600]
        chunk = b"".join(b"\0" + piece[at : at + 8] for at in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(chunk) - 1)) + chunk
    return out


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _directory() -> bytes:
    name = b"ThisDocument"
    wide = name.decode().encode("utf-16-le")
    return b"".join(
        [
            _record(0x01, struct.pack("<I", 1)), _record(0x02, struct.pack("<I", 0x409)),
            _record(0x14, struct.pack("<I", 0x409)), _record(0x03, struct.pack("<H", 1252)), _record(0x04, b"Project"),
            _record(0x05, b""), _record(0x40, b""), _record(0x06, b""), _record(0x3D, b""),
            _record(0x07, struct.pack("<I", 0)), _record(0x08, struct.pack("<I", 0)),
            struct.pack("<HIIH", 0x09, 4, 1, 1), _record(0x0C, b""), _record(0x3C, b""),
            _record(0x0F, struct.pack("<H", 1)), _record(0x13, struct.pack("<H", 0xFFFF)),
            _record(0x19, name), _record(0x47, wide), _record(0x1A, name), _record(0x32, wide),
            _record(0x1C, b""), _record(0x48, b""), _record(0x31, struct.pack("<I", 0)),
            _record(0x1E, struct.pack("<I", 0)), _record(0x2C, struct.pack("<H", 0xFFFF)), _record(0x22, b""),
            _record(0x2B, b""), _record(0x10, b""),
        ]
    )  # fmt: skip


type Storage = "dict[str, bytes | Storage]"


class _Entry:
    def __init__(self, name: str, kind: int, data: bytes = b"") -> None:
        self.name, self.kind, self.data = name, kind, data
        self.right = self.child = FREE
        self.start = END

    def packed(self) -> bytes:
        name = (self.name + "\0").encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name), self.kind, 1, FREE, self.right, self.child, b"", 0, 0, 0, self.start,
            len(self.data),
        )  # fmt: skip


def compound(root: "dict[str, bytes | Storage]") -> bytes:
    """Return a compound file of these streams and storages; every stream is in the stream of small ones."""
    entries = [_Entry("Root Entry", 5)]
    _add(entries, entries[0], root)
    small = b""
    chain: list[int] = []
    for entry in entries[1:]:
        if entry.kind == 2 and entry.data:
            entry.start = len(chain)
            count = (len(entry.data) + 63) // 64
            chain += [len(chain) + n + 1 for n in range(count - 1)] + [END]
            small += entry.data.ljust(count * 64, b"\0")
    entries[0].data = small
    directory = b"".join(entry.packed() for entry in entries)
    pieces = [_whole(directory), _whole(struct.pack(f"<{len(chain)}I", *chain), b"\xff"), _whole(small)]
    fat = [FAT]
    starts: list[int] = []
    for piece in pieces:
        starts.append(len(fat))
        count = len(piece) // 512
        fat += [len(fat) + n + 1 for n in range(count - 1)] + [END]
    assert len(fat) <= 128
    entries[0].start = starts[2]
    pieces[0] = _whole(b"".join(entry.packed() for entry in entries))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, starts[0], 0,
        4096, starts[1], len(pieces[1]) // 512, END, 0,
    )  # fmt: skip
    table = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat)))
    return header + struct.pack("<109I", 0, *[FREE] * 108) + table + b"".join(pieces)


def _add(entries: list[_Entry], parent: _Entry, storage: "dict[str, bytes | Storage]") -> None:
    before: _Entry | None = None
    for name, what in storage.items():
        entry = _Entry(name, 2, what) if isinstance(what, bytes) else _Entry(name, 1)
        number = len(entries)
        entries.append(entry)
        if before is None:
            parent.child = number
        else:
            before.right = number
        before = entry
        if not isinstance(what, bytes):
            _add(entries, entry, what)


def _whole(data: bytes, fill: bytes = b"\0") -> bytes:
    return data.ljust((len(data) + 511) // 512 * 512, fill)
