"""Files to attach, made in code: pictures, documents, tables, appointments."""

import datetime as dt
import random
import struct
import zlib


def png(width: int, height: int, seed: int, *, noise: int = 0) -> bytes:
    """Return a picture of soft colours; `noise` from 0 to 255 makes it larger, for noise does not pack."""
    dice = random.Random(seed)  # noqa: S311
    red, green, blue = (dice.randrange(60, 160) for _ in range(3))
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        row = bytearray()
        for x in range(width):
            row += bytes(
                (red + 90 * x // width, green + 90 * y // height, blue + 60 * (x + y) // (width + height))
            )
        if noise:
            row = bytearray(
                (value + grain * noise // 255) & 255
                for value, grain in zip(row, dice.randbytes(len(row)), strict=True)
            )
        rows += row

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + chunk(b"IEND", b"")
    )


def pdf(title: str, lines: list[str]) -> bytes:
    """Return a document of one page, in Latin letters."""

    def text(value: str) -> bytes:
        escaped = value.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        return b"(" + escaped.encode("cp1252", "replace") + b") Tj"

    content = b"BT /F1 20 Tf 60 770 Td " + text(title) + b" /F1 11 Tf 0 -36 Td 16 TL\n"
    content += b"".join(text(line) + b" T*\n" for line in lines) + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>"
        ),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def csv(header: str, rows: list[tuple[object, ...]]) -> bytes:
    """Return a table as text."""
    return "\r\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode()


def appointment(
    summary: str,
    start: dt.datetime,
    minutes: int,
    *,
    uid: str,
    method: str,
    organizer: str,
    attendee: str,
    place: str,
) -> str:
    """Return an iCalendar object (RFC 5545, RFC 6047)."""
    form = "%Y%m%dT%H%M%SZ"
    start = start.astimezone(dt.UTC)
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Example//Samples//EN",
        "VERSION:2.0",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{(start - dt.timedelta(days=2)).strftime(form)}",
        f"DTSTART:{start.strftime(form)}",
        f"DTEND:{(start + dt.timedelta(minutes=minutes)).strftime(form)}",
        f"SUMMARY:{summary}",
        f"LOCATION:{place}",
        f"ORGANIZER:mailto:{organizer}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{attendee}",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)
