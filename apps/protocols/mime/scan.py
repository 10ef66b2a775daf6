"""One pass over a message's bytes: everything the store and IMAP want to know about it.

`scan()` never raises and needs no tree of objects of its caller: what comes back is plain values, ready for
columns. Offsets are relative to the bytes scanned.
"""

from dataclasses import dataclass

TEXT_LIMIT = 256 * 1024


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
