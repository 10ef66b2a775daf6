"""Files that mallory sends: what they are, what they pretend to be, and what lies in them."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import tracemalloc
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spam.content.archives import MOST_MEMBERS, Unpacker
from apps.spam.content.attachments import files_of
from apps.spam.content.macros import Macros, holds
from apps.spam.content.rar import listing
from apps.spam.reading import read
from tests.spam.reading.letters import letter

from .compound import with_macro
from .found import found

EXE = b"MZ\x90\x00" + bytes(300)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def with_file(name: str, data: bytes, kind: str = "application/octet-stream") -> bytes:
    """Return a letter with a file."""
    message = EmailMessage()
    message["From"] = "mallory@evil.test"
    message.set_content("See the file.")
    main, _, sub = kind.partition("/")
    message.add_attachment(data, main, sub, filename=name)
    return message.as_bytes()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def encrypted_zip(name: str = "invoice.exe") -> bytes:
    raw = bytearray(zipped({name: b"x" * 100}, zipfile.ZIP_STORED))
    raw[6] |= 1
    at = raw.find(b"PK\x01\x02")
    raw[at + 8] |= 1
    return bytes(raw)


def number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def rar_block(kind: int, body: bytes, *, flags: int = 0, extra: bytes = b"") -> bytes:
    head = (
        number(kind)
        + number(flags | (1 if extra else 0))
        + (number(len(extra)) if extra else b"")
        + body
        + extra
    )
    return b"\0\0\0\0" + number(len(head)) + head


def rar5(name: str, *, password: bool = False, hides_names: bool = False) -> bytes:
    out = b"Rar!\x1a\x07\x01\x00" + rar_block(1, number(0))
    if hides_names:
        return out + rar_block(4, number(0) * 3)
    encoded = name.encode()
    body = number(0) + number(10) + number(32) + number(0) + number(0) + number(len(encoded)) + encoded
    return (
        out
        + rar_block(2, body, extra=number(2) + number(1) + b"\0" if password else b"")
        + rar_block(5, number(0))
    )


def rar4(name: str, *, flags: int = 0) -> bytes:
    encoded = name.encode()
    main = b"\0\0\x73" + struct.pack("<HH", 0, 13) + bytes(6)
    head = struct.pack("<IIBIIBBHI", 0, 10, 2, 0, 0, 29, 0x30, len(encoded), 32) + encoded
    return b"Rar!\x1a\x07\x00" + main + b"\0\0\x74" + struct.pack("<HH", flags | 0x8000, 7 + len(head)) + head


SEEN: list[tuple[str, bytes]] = [
    ("FILE_PROGRAM", with_file("setup.exe", EXE)),
    ("FILE_PROGRAM", with_file("saver.scr", b"x")),
    ("FILE_PROGRAM", with_file("no-extension", EXE)),
    ("FILE_SCRIPT", with_file("invoice.vbs", b"x")),
    ("FILE_SCRIPT", with_file("invoice.hta", b"x", "text/plain")),
    ("FILE_SHORTCUT", with_file("invoice.lnk", b"x")),
    ("FILE_DISK_IMAGE", with_file("invoice.iso", b"x")),
    ("FILE_ONENOTE", with_file("invoice.one", b"x")),
    ("FILE_DOUBLE_EXTENSION", with_file("invoice.pdf.exe", EXE)),
    ("FILE_DOUBLE_EXTENSION", with_file("invoice.pdf .exe. ", EXE)),
    ("FILE_DOUBLE_EXTENSION", with_file("invoice.pdf.html", b"<html>")),
    ("FILE_NAME_REVERSED", with_file("invoice\u202efdp.exe", EXE)),
    ("FILE_NAME_PADDED", with_file("invoice" + "_" * 60 + ".exe", EXE)),
    ("FILE_PROGRAM_IN_DISGUISE", with_file("picture.png", EXE, "image/png")),
    ("FILE_PROGRAM_IN_DISGUISE", with_file("invoice.pdf", EXE, "application/pdf")),
    ("FILE_TYPE_LIES", with_file("invoice.pdf", b"<html><script>x</script>", "application/pdf")),
    ("FILE_TYPE_LIES", with_file("invoice.jpg", zipped({"a": b"b"}), "image/jpeg")),
    ("FILE_HTML", with_file("invoice.html", b"<p>x</p>", "text/html")),
    ("FILE_HTML", with_file("invoice.svg", b"<svg></svg>", "image/svg+xml")),
    ("FILE_HTML_ACTS", with_file("invoice.htm", b"<form><input type=password>", "application/octet-stream")),
    ("FILE_HTML_ACTS", with_file("invoice.svg", b"<svg><script>x</script></svg>", "image/svg+xml")),
    ("FILE_OBJECT_IN_TEXT", with_file("invoice.doc", b"{\\rtf1{\\object\\objdata 01}}", "application/msword")),
    ("FILE_PDF_ACTS", with_file("invoice.pdf", PDF + b"<< /S /JavaScript /JS (x) >>", "application/pdf")),
    ("ARCHIVE_PROGRAM", with_file("a.zip", zipped({"invoice.exe": EXE}))),
    ("ARCHIVE_PROGRAM", with_file("a.zip", zipped({"invoice": EXE}))),
    ("ARCHIVE_PROGRAM", with_file("a.zip", b"\0" * 50 + zipped({"invoice.exe": EXE}))),
    ("ARCHIVE_PROGRAM", with_file("a.zip", zipped({"invoice.exe": EXE}).partition(b"PK\x01\x02")[0])),
    ("ARCHIVE_PROGRAM", with_file("a.dat", zipped({"b.zip": zipped({"c.zip": zipped({"x.js.vbs": b"x"})})}))),
    ("ARCHIVE_PROGRAM", with_file("a.tar", tarred({"dir/invoice.scr": b"x"}))),
    ("ARCHIVE_PROGRAM", with_file("a.tgz", gzip.compress(tarred({"invoice.scr": b"x"})))),
    ("ARCHIVE_PROGRAM", with_file("invoice.exe.gz", gzip.compress(EXE))),
    ("ARCHIVE_PROGRAM", with_file("invoice.exe.bz2", bz2.compress(EXE))),
    ("ARCHIVE_PROGRAM", with_file("invoice.xz", lzma.compress(EXE))),
    ("ARCHIVE_PROGRAM", with_file("a.rar", rar5("invoice.exe"))),
    ("ARCHIVE_PROGRAM", with_file("a.rar", rar4("invoice.exe"))),
    ("ARCHIVE_NESTED", with_file("a.zip", zipped({"b.zip": zipped({"c.zip": zipped({"x.txt": b"x"})})}))),
    ("ARCHIVE_ENCRYPTED", with_file("a.zip", encrypted_zip())),
    ("ARCHIVE_ENCRYPTED", with_file("a.zip", zipped({"b.zip": encrypted_zip()}))),
    ("ARCHIVE_ENCRYPTED", with_file("a.rar", rar5("x.txt", password=True))),
    ("ARCHIVE_ENCRYPTED", with_file("a.rar", rar5("", hides_names=True))),
    ("ARCHIVE_ENCRYPTED", with_file("a.rar", rar4("x.txt", flags=4))),
    ("ARCHIVE_ENCRYPTED", with_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50) + b"\x06\xf1\x07\x01" + bytes(9))),
    ("ARCHIVE_ENCRYPTED", with_file("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"))),
    ("ARCHIVE_UNREADABLE", with_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50))),
    ("ARCHIVE_UNREADABLE", with_file("a.ace", b"x")),
    ("ARCHIVE_BOMB", with_file("a.zip", zipped({f"{n}": bytes(4_000_000) for n in range(30)}))),
    ("ARCHIVE_BOMB", with_file("a.gz", gzip.compress(bytes(30_000_000)))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw"), SEEN, ids=[f"{n}-{name}" for n, (name, _) in enumerate(SEEN)])
def test_a_file_of_mallorys(name: str, raw: bytes) -> None:
    assert name in found(raw)


@pytest.mark.parametrize(
    "raw",
    [
        with_file("Bericht.pdf", PDF, "application/pdf"),
        with_file(
            "Angebot 2.1.docx", zipped({"word/document.xml": b"<x/>"}), "application/vnd.openxmlformats"
        ),
        with_file(
            "Bilder.zip", zipped({"a.jpg": b"\xff\xd8\xff", "b.png": b"\x89PNG\r\n\x1a\n"}), "application/zip"
        ),
        with_file("photo.jpg", b"\xff\xd8\xff" + bytes(100), "image/jpeg"),
        with_file("table.csv", b"a;b\n", "text/csv"),
        with_file("termin.ics", b"BEGIN:VCALENDAR", "text/calendar"),
        with_file(
            "backup.tar.gz", gzip.compress(tarred({"src/main.py": b"x", "run.sh": b"x"})), "application/gzip"
        ),
        with_file("patch.diff", b"--- a", "text/x-diff"),
        with_file("site.zip", zipped({"index.html": b"<html>", "app.js": b"x"})),
        with_file("old.doc", OLE, "application/msword"),
        with_file("jquery.js", b"x", "text/javascript"),
    ],
)
def test_files_of_bobs_weigh_nothing(raw: bytes) -> None:
    assert set(found(raw)) == set()


def test_paths_tell_where_a_file_lies() -> None:
    files = files_of(read(with_file("a.zip", zipped({"b.zip": zipped({"x/invoice.exe": EXE})}))))
    assert [file.path for file in files.files] == ["a.zip", "a.zip > b.zip", "a.zip > b.zip > x/invoice.exe"]
    assert [file.runs for file in files.files] == [False, False, True]
    assert [file.is_inside for file in files.files] == [False, True, True]


def test_a_letter_without_files_costs_no_look() -> None:
    assert files_of(read(letter(text="Hello"))).files == ()


def test_only_so_many_members_are_looked_at() -> None:
    files = files_of(read(with_file("a.zip", zipped({f"{n}.txt": b"" for n in range(1000)}))))
    assert len(files.contents.members) == MOST_MEMBERS
    assert files.contents.is_cut


def quine(depth: int) -> bytes:
    data = bytes(8_000_000)
    for level in range(depth):
        data = zipped({f"{level}-{n}.zip": data for n in range(8)})
    return data


HOSTILE = {
    "zips in zips": lambda: quine(4),
    "a million entries": lambda: b"PK\x03\x04" + bytes(60) + struct.pack("<4s42x", b"PK\x01\x02") * 400_000
    + struct.pack("<4s8xII2x", b"PK\x05\x06", 46 * 400_000, 64),
    "a long way to go": lambda: gzip.compress(bytes(300_000_000), 9),
    "gz in gz": lambda: gzip.compress(gzip.compress(gzip.compress(bytes(100_000_000)))),
    "xz": lambda: lzma.compress(bytes(50_000_000)),
    "bz2": lambda: bz2.compress(bytes(50_000_000)),
    "many local entries": lambda: struct.pack("<4s26x", b"PK\x03\x04") * 300_000,
    "a tar of nothing": lambda: tarred({"a": b""}) * 500,
    "rar without end": lambda: b"Rar!\x1a\x07\x01\x00" + rar_block(2, b"\0" * 12) * 100_000,
    "office": lambda: OLE + "_VBA_PROJECT".encode("utf-16-le") * 100_000,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_archives_cost_bounded_time_and_memory(name: str) -> None:
    reading = read(
        with_file("a.zip" if "zip" in name else "a.doc" if name == "office" else "a.bin", HOSTILE[name]())
    )
    began = time.thread_time()
    files = files_of(reading)
    spent = time.thread_time() - began
    assert spent < 2, f"{name} took {spent:.1f} s"
    assert len(files.contents.members) <= MOST_MEMBERS
    tracemalloc.start()
    try:
        files_of(reading)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024 * 1024, f"{name} took {peak / 1e6:.0f} MB"


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"Rar!\x1a\x07\x01\x00",
            b"Rar!\x1a\x07\x00",
            b"\x1f\x8b\x08",
            b"7z\xbc\xaf\x27\x1c",
            b"BZh9",
            b"\xfd7zXZ\x00",
            b"x" * 257 + b"ustar",
            b"",
        ]
    ),
)
def test_no_archive_breaks_the_reader(data: bytes, magic: bytes) -> None:
    unpacker = Unpacker()
    unpacker.open("a.zip", magic + data)
    assert len(unpacker.contents.members) <= MOST_MEMBERS
    listing(magic + data, 10)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_damaged_zip_is_no_trouble(at: int, damage: bytes) -> None:
    data = bytearray(zipped({"a.zip": zipped({"b.exe": EXE}), "c.txt": b"x" * 50}))
    data[at % len(data) : at % len(data) + len(damage)] = damage
    files_of(read(with_file("a.zip", bytes(data))))


def test_files_without_macros_do_not_load_the_reader_of_macros() -> None:
    assert holds(OLE) is Macros.NONE
    assert holds(zipped({"word/document.xml": b"x"})) is Macros.NONE
    assert holds(b"x") is Macros.NONE


STARTS = 'Sub AutoOpen()\r\nCreateObject("WScript.Shell").Run "cmd"\r\nEnd Sub\r\n'
COUNTS = "Sub Total()\r\nx = 1 + 1\r\nEnd Sub\r\n"


@pytest.mark.parametrize(("code", "name"), [(STARTS, "FILE_MACRO_STARTS_ITSELF"), (COUNTS, "FILE_MACRO")])
def test_macros_are_read(code: str, name: str) -> None:
    file = with_macro(code)
    for raw in (with_file("invoice.doc", file), with_file("a.zip", zipped({"invoice.doc": file}))):
        names = set(found(raw)) & {"FILE_MACRO", "FILE_MACRO_STARTS_ITSELF"}
        assert names == {name}


@given(st.integers(0, 6000), st.binary(min_size=1, max_size=8))
def test_a_damaged_office_file_is_no_trouble(at: int, damage: bytes) -> None:
    file = bytearray(with_macro(STARTS))
    file[at % len(file) : at % len(file) + len(damage)] = damage
    assert isinstance(holds(bytes(file)), Macros)


def test_a_macro_that_cannot_be_read_is_no_evidence_and_said_to_be_missing() -> None:
    raw = with_file("a.docm", zipped({"word/vbaProject.bin": OLE, "[Content_Types].xml": b"x"}))
    assert "FILE_MACRO" not in found(raw)
    files = files_of(read(raw))
    assert files.files[0].macros is Macros.NONE
    assert files.missing == (("macros", "a.docm"),)
