"""What is attached to a message, and what it really is."""

import enum
from dataclasses import dataclass

from apps.protocols.mime.decoding import decoded_size
from apps.protocols.mime.outline import Part
from apps.protocols.mime.sniff import ENOUGH, PICTURES, sniff
from apps.store.contents import StoredMessage

SNIFFED = 50
"""So many are looked into; of more, what their sender says is believed, and they are only ever saved."""

OCTETS = "application/octet-stream"


class Preview(enum.StrEnum):
    """How an attachment can be looked at without saving it."""

    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"
    MESSAGE = "message"
    AUDIO = "audio"
    VIDEO = "video"
    CALENDAR = "calendar"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, for a list of them."""

    number: str
    name: str
    media_type: str
    """What it is by its first bytes, or what its sender says where they tell nothing."""
    size: int
    """About, in bytes."""
    preview: Preview
    cid: str = ""
    is_disguised: bool = False
    """Its bytes are another kind of thing than its sender says."""


_PROGRAMS = frozenset(
    {"application/vnd.microsoft.portable-executable", "application/x-executable", "text/x-script"}
)
# Families that say the same in other words: office files are archives, and so on.
_CONTAINERS = frozenset({"application/zip", "application/x-ole-storage", "text/html", "application/gzip"})


def media_type_of(declared: str, head: bytes) -> str:
    """Return what a part is: by its bytes where they tell, and never a picture, a PDF or a page only by its name."""
    found = sniff(head)
    if found and not (found in _CONTAINERS and not declared.startswith(("image/", "audio/", "video/"))):
        return found
    if declared in PICTURES or declared in {"application/pdf", "application/xhtml+xml", "image/svg+xml"}:
        return OCTETS
    return declared


def preview_of(media_type: str) -> Preview:
    """Return how a kind of file can be looked at."""
    if media_type in PICTURES:
        return Preview.IMAGE
    if media_type == "application/pdf":
        return Preview.PDF
    if media_type == "message/rfc822":
        return Preview.MESSAGE
    if media_type == "text/calendar":
        return Preview.CALENDAR
    if media_type.startswith("text/") and media_type not in {"text/html", "text/x-script"}:
        return Preview.TEXT
    if media_type in {"audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4", "audio/flac"}:
        return Preview.AUDIO
    return Preview.VIDEO if media_type in {"video/mp4", "video/webm"} else Preview.NONE


def attachment_of(message: StoredMessage, part: Part, *, look: bool = True) -> Attachment:
    """Describe one part of a message as a file."""
    media_type = part.media_type
    if look and not part.children:
        media_type = media_type_of(media_type, message.head(part, ENOUGH))
    declared = part.media_type
    return Attachment(
        number=part.number,
        name=file_name(part),
        media_type=media_type,
        size=decoded_size(part.size, part.encoding),
        preview=preview_of(media_type),
        cid=part.cid,
        is_disguised=media_type in _PROGRAMS and declared not in {media_type, OCTETS} and "exec" not in declared
        and "download" not in declared and "script" not in declared,
    )  # fmt: skip


_EXTENSIONS = {
    "message/rfc822": ".eml", "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "image/jpeg": ".jpg",
    "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf",
}  # fmt: skip


def file_name(part: Part) -> str:
    """Return the name a part is saved under: no folders, nothing that turns the line around."""
    name = "".join(" " if c in '/\\:*?"<>|' else c for c in part.name if c.isprintable())
    name = name.strip(" .")[-200:]
    if name:
        return name
    stem = (
        " ".join("".join(c if c.isalnum() else " " for c in part.subject[:80]).split())
        or f"part-{part.number or 0}"
    )
    return stem + _EXTENSIONS.get(part.media_type, "")
