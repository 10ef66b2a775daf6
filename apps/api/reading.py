"""One message as the API shows it: its line in the list, and what is in it, read from its bytes."""

from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import NotFound

from apps.events.transactions import perform
from apps.mailflow import refile
from apps.mailflow.writing import reading
from apps.protocols.html.cleaning import clean
from apps.protocols.mime import original
from apps.protocols.mime.charsets import clean as storable
from apps.protocols.mime.headers import HEADER, decode_text, fields
from apps.store.list_window import page
from apps.store.message_rows import MessageRow
from apps.store.values import FolderRef

MOST_HEADERS = 500


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a header."""

    name: str
    value: str


def row_of(mailbox_id: int, content_id: int, *, folder_id: int, user_id: int) -> MessageRow:
    """Return a message's line in the folder where it lies, or in one of them; raises NotFound."""
    for place in refile.chosen_of(mailbox_id, [content_id], folder_id=folder_id):
        uid = place.uids[0][0]
        found = page(FolderRef(mailbox_id, place.folder_id), below=uid + 1, count=1, user_id=user_id)
        if found is not None and found.rows and found.rows[0].content_id == content_id:
            return found.rows[0]
    raise NotFound


def whole(mailbox_id: int, content_id: int) -> bytes:
    """Return a message's bytes as IMAP shows them; raises NotFound."""
    # What is in no folder any more is only waiting to be swept.
    found = (
        perform(reading.whole(mailbox_id, content_id)) if refile.chosen_of(mailbox_id, [content_id]) else None
    )
    if found is None:
        raise NotFound
    return found


def details(data: bytes) -> dict[str, Any]:
    """Return what is in a message."""
    message = original.read(data)
    match = HEADER.match(data)
    listed = fields(match[0])[:MOST_HEADERS] if match else []
    return {
        "cc": message.cc,
        "bcc": message.bcc,
        "reply_to": message.reply_to,
        "message_id": message.message_id,
        "in_reply_to": message.in_reply_to,
        "references": message.references,
        "headers": [
            Field(storable(name.decode("ascii", "replace")), storable(decode_text(value)))
            for name, value in listed
        ],
        "text": storable(message.text),
        "html": clean(storable(message.html)).html if message.html else "",
        "attachments": message.parts,
    }
