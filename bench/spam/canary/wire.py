"""Messages as bytes, the way differing mail programs write them: character sets, encodings, parts.

By hand instead of with the standard library's generator, which writes every header in UTF-8.
"""

import base64
import binascii
import quopri
import random
from dataclasses import dataclass

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A body part: its own header fields, and its bytes as sent."""

    fields: list[str]
    body: bytes


def word(text: str, charset: str, *, q: bool = False, width: int = 40) -> str:
    """Encode a header's text as encoded words (RFC 2047), no character cut in two; ASCII stays as it is."""
    if text.isascii():
        return text
    words, piece = [], ""
    for letter in text:
        if piece and len((piece + letter).encode(charset)) > width:
            words.append(piece)
            piece = ""
        piece += letter
    words.append(piece)
    coded = []
    for piece in words:
        raw = piece.encode(charset)
        body = "".join(_q(byte) for byte in raw) if q else base64.b64encode(raw).decode()
        coded.append(f"=?{charset}?{'Q' if q else 'B'}?{body}?=")
    return "\r\n ".join(coded)


def text_part(text: str, kind: str, charset: str, transfer: str) -> Part:
    """Write a text in a character set and a transfer encoding."""
    raw = text.replace("\n", "\r\n").encode(charset)
    fields = [f"Content-Type: text/{kind}; charset={charset}", f"Content-Transfer-Encoding: {transfer}"]
    if transfer == "base64":
        return Part(fields, base64_lines(raw))
    if transfer == "quoted-printable":
        coded = quopri.encodestring(raw.replace(CRLF, b"\n"), quotetabs=False)
        return Part(fields, coded.replace(b"\n", CRLF).rstrip(CRLF) + CRLF)
    return Part(fields, raw.rstrip(CRLF) + CRLF)


def file_part(name: str, kind: str, body: bytes, charset: str) -> Part:
    """Attach a file."""
    shown = word(name, charset).replace("\r\n ", " ")
    fields = [
        f'Content-Type: {kind}; name="{shown}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{shown}"',
    ]
    return Part(fields, base64_lines(body))


def base64_lines(raw: bytes) -> bytes:
    """Encode in lines of 76."""
    return base64.encodebytes(raw).replace(b"\n", CRLF)


def multipart(kind: str, parts: list[Part], rng: random.Random) -> Part:
    """Join parts into one of type `multipart/KIND`."""
    boundary = rng.choice(
        ["----=_Part_{}", "=_{}", "Apple-Mail-{}", "------------{}", "000000000000{}"]
    ).format(f"{rng.getrandbits(64):016x}")
    body = b"".join(
        b"--"
        + boundary.encode()
        + CRLF
        + CRLF.join(field.encode() for field in part.fields)
        + CRLF * 2
        + part.body
        for part in parts
    )
    return Part(
        [f'Content-Type: multipart/{kind}; boundary="{boundary}"'], body + f"--{boundary}--\r\n".encode()
    )


def message(fields: list[str], body: Part) -> bytes:
    """Write the whole message; raw non-ASCII in a header is UTF-8 (RFC 6532)."""
    head = [*fields, "MIME-Version: 1.0", *body.fields]
    return CRLF.join(field.encode() for field in head) + CRLF * 2 + body.body


def pdf(title: str) -> bytes:
    """Return a small PDF of one empty page."""
    name = title.encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Title (" + name + b") >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return out + (
        b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, start)
    )


def png(rng: random.Random) -> bytes:
    """Return a picture of one pixel of some colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + binascii.crc32(kind + data).to_bytes(4)

    import zlib

    pixel = b"\0" + bytes(rng.randrange(256) for _ in range(3))
    header = (1).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixel))
        + chunk(b"IEND", b"")
    )


def calendar(subject: str, host: str) -> bytes:
    """Return an appointment."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{host}//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{binascii.crc32(subject.encode()):08x}@{host}",
        "DTSTAMP:20260302T090000Z",
        "DTSTART:20260317T140000Z",
        "DTEND:20260317T150000Z",
        f"SUMMARY:{subject}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines).encode() + CRLF


def _q(byte: int) -> str:
    if byte == 0x20:
        return "_"
    letter = chr(byte)
    return letter if letter.isascii() and letter.isalnum() else f"={byte:02X}"
