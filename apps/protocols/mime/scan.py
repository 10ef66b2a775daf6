"""One pass over a message's bytes: everything the store and IMAP want to know about it.

`scan()` never raises and needs no tree of objects of its caller: what comes back is plain values, ready for
columns. Offsets are relative to the bytes scanned.
"""

import re
from dataclasses import dataclass

from .addresslist import parse_addresses, spec_text
from .charsets import clean
from .dates import parse_date
from .headers import decode_text
from .parts import PartTable
from .structure import ADDRESSES_LIMIT, Writer, envelope
from .text import PREVIEW_SOURCE, has_attachment, message_text, preview
from .tree import Tree

TEXT_LIMIT = 256 * 1024
SUBJECT_LIMIT = 1000
ADDRESS_LIMIT = 320
ID_LIMIT = 998
REFERENCES_LIMIT = 100

EMPTY = "there is nothing in it"
HAS_NUL = "it holds NUL bytes"

_ID = re.compile(rb"<[^<>\s]{1,996}>")


@dataclass(frozen=True, slots=True)
class Scanned:
    """The facts of one message, parsed once."""

    size: int
    header_end: int
    """Where the body starts; the blank line belongs to the header."""
    envelope: bytes
    """IMAP ENVELOPE as sent to a client, with its parentheses (RFC 3501 7.4.2)."""
    structure: bytes
    """IMAP BODYSTRUCTURE as sent to a client, with extension data; `structure.body()` derives BODY from it."""
    parts: bytes
    """The packed `PartTable`."""
    subject: str
    from_addr: str
    """The first address of From, `local@domain` as written, or ''."""
    to_addr: str
    sent_at: int | None
    """The Date field in seconds since the epoch."""
    message_id: str
    """With its angle brackets, or ''."""
    references: tuple[str, ...]
    """References, then In-Reply-To: oldest first, each once."""
    preview: str
    """The first words of the text, at most 200 characters."""
    text: str
    """What a person reads in the message, decoded, at most TEXT_LIMIT characters."""
    has_attachment: bool
    hops: int
    """How many Received fields there are."""
    defects: tuple[str, ...]
    """What is wrong with it, in short fixed sentences."""


def scan(data: bytes, *, text_limit: int = TEXT_LIMIT) -> Scanned:
    """Read a message, whatever it is. With a smaller `text_limit` less text comes back, and sooner."""
    tree = Tree(data)
    root, fields = tree.root, tree.root.fields
    get = fields.get
    text = message_text(data, root, max(text_limit, PREVIEW_SOURCE))
    defects = [*tree.defects]
    if b"\0" in data:
        defects.append(HAS_NUL)
    if not data:
        defects.append(EMPTY)
    date, subject = get(b"date"), get(b"subject")
    return Scanned(
        size=len(data),
        header_end=root.body_start,
        envelope=envelope(fields),
        structure=Writer(data).write(root),
        parts=PartTable(root).encode(),
        subject=decode_text(subject)[:SUBJECT_LIMIT] if subject else "",
        from_addr=_first_address(get(b"from")),
        to_addr=_first_address(get(b"to")),
        sent_at=parse_date(date) if date else None,
        message_id=_message_id(get(b"message-id")),
        references=_references(get(b"references"), get(b"in-reply-to")),
        preview=preview(text),
        text=text[:text_limit],
        has_attachment=has_attachment(root),
        hops=tree.hops,
        defects=tuple(defects),
    )


def _first_address(value: bytes | None) -> str:
    if not value:
        return ""
    for mailbox in parse_addresses(value[:ADDRESSES_LIMIT], 10):
        if mailbox.host is not None:
            return spec_text(mailbox)[:ADDRESS_LIMIT]
    return ""


def _message_id(value: bytes | None) -> str:
    if not value:
        return ""
    match = _ID.search(value)
    return clean((match[0] if match else value[:ID_LIMIT]).decode("utf-8", "replace"))


def _references(references: bytes | None, in_reply_to: bytes | None) -> tuple[str, ...]:
    if not (references or in_reply_to):
        return ()
    found = dict.fromkeys(_ID.findall(references or b""))
    found.update(dict.fromkeys(_ID.findall(in_reply_to or b"")))
    ids = list(found)
    if len(ids) > REFERENCES_LIMIT:
        ids = ids[:1] + ids[1 - REFERENCES_LIMIT :]
    return tuple([clean(item.decode("utf-8", "replace")) for item in ids])
