"""One message by the id of its content: its structure, and only those of its bytes that are asked for.

For pages and the API; listeners read whole folders by `queries.Reader`.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.events.transactions import Plan, query
from apps.protocols.mime.decoding import decoded
from apps.protocols.mime.outline import Part, outline
from apps.protocols.mime.parts import PartTable, Section

from . import blobs
from .sql import contents as sql

log = logging.getLogger(__name__)

_ENOUGH_ENCODED = 4


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message whose blob was found; its bytes are read when they are wanted."""

    mailbox_id: int
    content_id: int
    subject: str
    prefix: bytes
    blob: blobs.PackedBlob
    table: PartTable
    outline: Part

    @property
    def size(self) -> int:
        """The length of the whole, with what we put on top."""
        return len(self.prefix) + self.blob.ref.size

    def raw(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the message as IMAP shows it, from `start` up to, not including, `end`."""
        end = self.size if end is None else min(end, self.size)
        top = self.prefix[start:end]
        if top:
            yield top
        above = len(self.prefix)
        yield from blobs.windows(self.blob, max(0, start - above), max(0, end - above))

    def part(self, number: str) -> Part | None:
        """Find a part by its number."""
        return next((part for part in self.outline.walk() if part.number == number and number), None)

    def pieces(self, part: Part) -> Iterator[bytes]:
        """Yield a part's bytes without their transfer encoding."""
        span = self.table.section(part.path, Section.BODY)
        if span is None:
            return iter(())
        return decoded(blobs.windows(self.blob, *span), part.encoding)

    def head(self, part: Part, limit: int) -> bytes:
        """Return about the first `limit` bytes of a part, decoded, and read no more than they need."""
        span = self.table.section(part.path, Section.BODY)
        if span is None:
            return b""
        start, end = span
        data = blobs.read(self.blob, start, min(end, start + limit * _ENOUGH_ENCODED))
        return b"".join(decoded([data], part.encoding))[:limit]


def message_of(mailbox_id: int, content_id: int) -> Plan[StoredMessage | None]:
    """Find a message that is in some folder of a mailbox. None when there is none, or it cannot be read."""
    rows = yield from query(sql.CONTENT, [mailbox_id, content_id])
    if not rows:
        return None
    organisation_id, digest, size, prefix, parts, structure, subject = rows[0]
    try:
        table, root = PartTable.decode(bytes(parts)), outline(bytes(structure))
    except ValueError:
        return None
    ref = blobs.BlobRef(organisation_id, bytes(digest), size - len(prefix))
    [blob] = yield from blobs.find_many([ref])
    if blob is None:
        log.error("a message's blob is missing", extra={"mailbox": mailbox_id, "content": content_id})
        return None
    return StoredMessage(mailbox_id, content_id, subject, bytes(prefix), blob, table, root)


def messages_of(mailbox_id: int, content_ids: Sequence[int]) -> Plan[dict[int, StoredMessage]]:
    """Find several messages by their ids in two statements; those that cannot be read are left out."""
    if not content_ids:
        return {}
    rows = yield from query(sql.CONTENTS, [mailbox_id, list(content_ids)])
    readable = []
    for content_id, organisation_id, digest, size, prefix, parts, structure, subject in rows:
        try:
            table, root = PartTable.decode(bytes(parts)), outline(bytes(structure))
        except ValueError:
            continue
        ref = blobs.BlobRef(organisation_id, bytes(digest), size - len(prefix))
        readable.append((content_id, subject, bytes(prefix), ref, table, root))
    found = yield from blobs.find_many([ref for _, _, _, ref, _, _ in readable])
    missing = [row[0] for row, blob in zip(readable, found, strict=True) if blob is None]
    if missing:
        log.error("blobs of messages are missing", extra={"mailbox": mailbox_id, "contents": missing})
    return {
        content_id: StoredMessage(mailbox_id, content_id, subject, prefix, blob, table, root)
        for (content_id, subject, prefix, _, table, root), blob in zip(readable, found, strict=True)
        if blob is not None
    }
