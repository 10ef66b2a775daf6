"""A letter → the bytes of a message (RFC 5322, 2045-2047, 2183, 2231, 2387, 6532).

Nothing a letter holds can become a field, a line or a part of its own: header values lose their line ends before
they are written, bodies are encoded, and boundaries follow from the Message-ID, which must be new.
"""

import datetime as dt
import hashlib
import re

from . import header_text, transfer
from .dates import format_date
from .letter import Attachment, Letter
from .plain import plain_text

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}")
_NOT_IN_CID = re.compile(r"[^A-Za-z0-9@._+-]")
_OURS = frozenset(
    {
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
    }
    | {"mime-version", "received", "return-path", "delivered-to"}
)
OPAQUE = "application/octet-stream"


class LetterError(ValueError):
    """A letter that cannot be written: a fault of who made it."""


def write(
    letter: Letter, *, now: dt.datetime, message_id: str, keep_bcc: bool = False, flowed: bool = False
) -> bytes:
    """Return the message, in CRLF lines of at most 998 bytes; Bcc is named only in one's own copy.

    AddressError is raised for an address that is none, LetterError for a field or an id that cannot be.
    """
    if not header_text.is_id(message_id):
        raise LetterError("not a Message-ID")
    boundaries = _Boundaries(message_id)
    body = _body(letter, boundaries, flowed=flowed)
    attached = [item for item in letter.attachments if not _is_inline(item, letter)]
    if attached:
        body = boundaries.multipart("mixed", [body, *map(_file, attached)])
    return _header(letter, now, message_id, keep_bcc=keep_bcc) + b"MIME-Version: 1.0\r\n" + body


def _header(letter: Letter, now: dt.datetime, message_id: str, *, keep_bcc: bool) -> bytes:
    people = (
        ("From", (letter.author,)),
        ("Sender", (letter.sender,) if letter.sender else ()),
        ("To", letter.to),
        ("Cc", letter.cc),
        ("Bcc", letter.bcc if keep_bcc else ()),
        ("Reply-To", letter.reply_to),
    )
    fields = [header_text.field(name, header_text.address_chunks(each)) for name, each in people if each]
    fields.append(header_text.field("Subject", header_text.text_chunks(letter.subject, len("Subject: "))))
    fields.append(b"Date: %b\r\n" % format_date(now))
    fields.append(f"Message-ID: {message_id}\r\n".encode())
    for name, ids in (("In-Reply-To", [letter.in_reply_to]), ("References", letter.references)):
        if chunks := header_text.id_chunks(ids):
            fields.append(header_text.field(name, chunks))
    for name, value in letter.extra:
        if not _NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
            raise LetterError("a further field has a name that it cannot have")
        fields.append(header_text.field(name, header_text.text_chunks(value, len(name) + 2)))
    return b"".join(fields)


class _Boundaries:
    """Boundaries nobody can guess who does not know the Message-ID."""

    def __init__(self, message_id: str) -> None:
        self._token = hashlib.blake2b(message_id.encode(), digest_size=15).hexdigest()
        self._number = 0

    def multipart(self, subtype: str, parts: list[bytes], *parameters: str) -> bytes:
        """Return a multipart entity of these."""
        self._number += 1
        boundary = f"=_{self._token}_{self._number}"
        chunks = [f"multipart/{subtype};", *(f"{each};" for each in parameters), f'boundary="{boundary}"']
        out = [header_text.field("Content-Type", chunks), b"\r\n"]
        for part in parts:
            out += [b"--", boundary.encode(), b"\r\n", part, b"\r\n"]
        return b"".join([*out, b"--", boundary.encode(), b"--\r\n"])


def _body(letter: Letter, boundaries: _Boundaries, *, flowed: bool) -> bytes:
    lines = transfer.text_lines(letter.text or (plain_text(letter.html) if letter.html else ""))
    plain = _text("plain", transfer.flow(lines), "format=flowed") if flowed else _text("plain", lines)
    if not letter.html:
        return plain
    html = _text("html", transfer.text_lines(letter.html))
    if inline := [item for item in letter.attachments if _is_inline(item, letter)]:
        html = boundaries.multipart(
            "related", [html, *(_file(item, is_inline=True) for item in inline)], 'type="text/html"'
        )
    return boundaries.multipart("alternative", [plain, html])


def _text(subtype: str, lines: list[str], *parameters: str) -> bytes:
    encoding, body = transfer.encode_text(lines)
    chunks = [f"text/{subtype};", "charset=utf-8" + (";" if parameters else ""), *parameters]
    return (
        header_text.field("Content-Type", chunks)
        + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
    )


def _is_inline(item: Attachment, letter: Letter) -> bool:
    return bool(item.content_id and letter.html)


def _file(item: Attachment, *, is_inline: bool = False) -> bytes:
    media_type, encoding, body = _carried(item)
    chunks = [media_type]
    if media_type.startswith("text/") and not item.content.isascii() and _is_utf8(item.content):
        chunks = [media_type + ";", "charset=utf-8"]
    disposition = "inline" if is_inline else "attachment"
    name = (
        header_text.parameter_chunks("filename", item.filename) if header_text.one_line(item.filename) else []
    )
    placed = [disposition + (";" if name else ""), *(f"{each};" for each in name[:-1]), *name[-1:]]
    out = [
        header_text.field("Content-Type", chunks),
        f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
        header_text.field("Content-Disposition", placed),
    ]
    if cid := _NOT_IN_CID.sub("", item.content_id)[:200]:
        out.append(f"Content-ID: <{cid}>\r\n".encode())
    return b"".join([*out, b"\r\n", body])


def _carried(item: Attachment) -> tuple[str, str, bytes]:
    media_type = item.media_type.lower() if _MEDIA_TYPE.fullmatch(item.media_type) else OPAQUE
    if media_type == "message/rfc822" and (encoding := transfer.carries(item.content)):
        return media_type, encoding, item.content  # It must not be base64 (RFC 2046 5.2.1).
    if media_type.startswith(("multipart/", "message/")):
        media_type = OPAQUE
    return media_type, "base64", transfer.base64_lines(item.content)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
