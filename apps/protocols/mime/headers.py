"""Header fields in bytes: found, unfolded, decoded, chosen (RFC 5322 2.2, RFC 2047, RFC 6532)."""

import binascii
import re
from collections.abc import Collection

from .charsets import clean, decode

FIELDS_LIMIT = 512 * 1024
"""Fields are read from so much of a header; the rest of a longer one is only skipped."""

# A header is lines that are fields or continue them. The first other line ends it, blank or not. A line
# `From ` or `>From ` on top is what a mbox left behind. Possessive repeats keep every match linear.
_EOL = rb"(?:\r\n?|\n)"
HEADER = re.compile(
    rb"(?:>?From [^\r\n]*+(?:" + _EOL + rb"|\Z))?+"
    rb"(?:(?:[!-9;-~]*+[ \t]*+:|[ \t])[^\r\n]*+(?:" + _EOL + rb"|\Z))*+"
)
BLANK = re.compile(_EOL)
MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\r\n]*+(?:" + _EOL + rb"|\Z)")
"""What HEADER forgives on top of a message, and only there."""
_FIELD = re.compile(
    rb"(?<![^\r\n])([!-9;-~]++)[ \t]*+:((?:[^\r\n]++|" + _EOL + rb"(?=[ \t]))*+)" + _EOL + rb"?"
)
_FOLD = re.compile(rb"[\r\n]+")
_WORD = re.compile(r"=\?([^?*\s]{1,64})(?:\*[^?\s]{0,64})?\?([bBqQ])\?([^?]*)\?=(?:[ \t\r\n]+(?==\?))?")
_ENCODED = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?")


def header_end(data: bytes, start: int = 0, end: int | None = None) -> int:
    """Return where the body starts: past the blank line, if there is one."""
    stop = len(data) if end is None else end
    match = HEADER.match(data, start, stop)
    at = match.end() if match else start
    blank = BLANK.match(data, at, stop)
    return blank.end() if blank else at


def ended(data: bytes) -> bytes:
    """Return a message whose header ends where we take it to end, for whoever reads it.

    After a line that is no field a careless reader goes on, and may believe a From that nobody checked; a mbox line on
    top would end the header as soon as anything stands above.
    """
    if (line := MBOX_LINE.match(data)) is not None:
        data = data[line.end() :]
    match = HEADER.match(data)
    at = match.end() if match else 0
    if at == len(data) or BLANK.match(data, at):
        return data
    return data[:at] + b"\r\n" + data[at:]


def fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """Return (name, value as it stands, folded) of every field, in order."""
    return _FIELD.findall(header, 0, FIELDS_LIMIT)


def unfold(value: bytes) -> bytes:
    """Take the line ends out of a value, and the white space around it (RFC 5322 2.2.3)."""
    if b"\n" in value or b"\r" in value:
        value = _FOLD.sub(b"", value)
    return value.strip(b" \t")


def first(header: bytes, name: bytes) -> bytes | None:
    """Return the unfolded value of the first field of that name, or None."""
    wanted = name.lower()
    for found, value in fields(header):
        if found.lower() == wanted:
            return unfold(value)
    return None


def every(header: bytes, name: bytes) -> list[bytes]:
    """Return the unfolded values of all fields of that name."""
    wanted = name.lower()
    return [unfold(value) for found, value in fields(header) if found.lower() == wanted]


def subset(header: bytes, names: Collection[bytes], *, invert: bool = False) -> bytes:
    """Return the fields named, or with `invert` the others, and the blank line (RFC 3501 6.4.5 HEADER.FIELDS)."""
    wanted = {name.lower() for name in names}
    chosen = [
        match[0] for match in _FIELD.finditer(header) if (match[1].rstrip(b" \t").lower() in wanted) != invert
    ]
    if chosen and not chosen[-1].endswith((b"\n", b"\r")):
        chosen.append(b"\r\n")
    chosen.append(b"\r\n")
    return b"".join(chosen)


def without_fields(data: bytes, beginnings: tuple[bytes, ...]) -> bytes:
    """Return a message without the fields whose names begin so (in lower case)."""
    match = HEADER.match(data)
    header = match[0] if match else b""
    kept, at = [], 0
    for field in _FIELD.finditer(header):
        if field[1].lower().startswith(beginnings):
            kept.append(data[at : field.start()])
            at = field.end()
    return b"".join((*kept, data[at:])) if kept else data


def decode_words(value: bytes) -> str:
    """Return an unfolded value as text: encoded words (RFC 2047), raw UTF-8 (RFC 6532), or old 8-bit bytes."""
    text = decode(value, "utf-8")
    if "=?" not in text:
        return clean(text)
    out: list[str] = []
    at = 0
    # A multi-byte character may be split over words of one charset: their bytes are joined first.
    held: list[bytes] = []
    held_charset = ""
    for match in _WORD.finditer(text):
        charset, encoding, body = match.group(1).lower(), match.group(2), match.group(3)
        if held and (match.start() > at or charset != held_charset):
            out.append(decode(b"".join(held), held_charset))
            held = []
        if match.start() > at:
            out.append(text[at : match.start()])
        held.append(_word_bytes(body, encoding))
        held_charset = charset
        at = match.end()
    if held:
        out.append(decode(b"".join(held), held_charset))
    out.append(text[at:])
    return clean("".join(out))


def _word_bytes(body: str, encoding: str) -> bytes:
    raw = body.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        return from_base64(raw)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def from_base64(raw: bytes) -> bytes:
    """Decode what can be decoded of broken base64."""
    kept = _NOT_BASE64.sub(b"", raw.partition(b"=")[0])
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def decode_text(value: bytes) -> str:
    """Return an unfolded value on one line, for people."""
    if _ENCODED.search(value) or not value.isascii():
        return " ".join(decode_words(value).split())
    return " ".join(clean(value.decode("ascii")).split())
