"""What goes into the store's services and what comes out of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from .blobs import BlobRef, PackedBlob
from .flags import NONE, Flags
from .ranges import Ranges

if TYPE_CHECKING:
    from apps.protocols.mime.scan import Scanned


@dataclass(frozen=True, slots=True)
class FolderRef:
    """Which folder: its id, and its mailbox's, which leads the key of every mail table."""

    mailbox_id: int
    folder_id: int


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is kept of a message beside its bytes; parsed once, when it comes in."""

    envelope: bytes
    structure: bytes
    parts: bytes
    subject: str = ""
    from_addr: str = ""
    to_addr: str = ""
    sent_at: int | None = None
    message_id: str = ""
    references: tuple[str, ...] = ()
    preview: str = ""
    has_attachment: bool = False

    @classmethod
    def of(cls, scanned: "Scanned") -> "MessageFacts":
        """Return the facts of a scanned message."""
        return cls(
            envelope=scanned.envelope,
            structure=scanned.structure,
            parts=scanned.parts,
            subject=scanned.subject,
            from_addr=scanned.from_addr,
            to_addr=scanned.to_addr,
            sent_at=scanned.sent_at,
            message_id=scanned.message_id,
            references=scanned.references,
            preview=scanned.preview,
            has_attachment=scanned.has_attachment,
        )


@dataclass(frozen=True, slots=True)
class NewMessage:
    r"""A message to place in a folder.

    `body` as bytes is packed by the plan itself; on a listener's loop, pack it first in a thread
    (`blobs.prepare`). `uid` is for mailboxes moved in from elsewhere: it is kept if it is not below the
    folder's uidnext, else the message gets the next one. `seen_by` is the user who has read it, in a mailbox that keeps
    read marks for each member: then \Seen is not among `flags`.
    """

    organisation_id: int
    mailbox_id: int
    folder_id: int
    body: bytes | PackedBlob | BlobRef
    facts: MessageFacts
    internaldate: int
    prefix: bytes = b""
    flags: Flags = NONE
    trace_id: UUID | None = None
    uid: int | None = None
    seen_by: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """The message is there."""

    folder_id: int
    uid: int
    uidvalidity: int
    modseq: int
    content_id: int


@dataclass(frozen=True, slots=True)
class OverQuota:
    """The mailbox would hold more than it may; nothing was done.

    `over` says whose quota it is: the mailbox's, or its domain's or organisation's, which all their mailboxes share.
    """

    mailbox_id: int
    used: int
    quota: int
    over: str = "mailbox"


@dataclass(frozen=True, slots=True)
class NoFolder:
    """The folder does not exist (any more); nothing was done."""

    folder_id: int


@dataclass(frozen=True, slots=True)
class FlagsSet:
    """Flags were set: the folder's modseq now, whose flags changed, and who failed UNCHANGEDSINCE."""

    modseq: int
    changed: Ranges
    failed: Ranges = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """Messages were placed in `target`: `source_uids`, ascending, became `first_uid` and on (COPYUID).

    `source_modseq` is the source's modseq after a move, None after a copy.
    """

    uidvalidity: int
    source_uids: Ranges
    first_uid: int
    modseq: int
    source_modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Expunged:
    """Messages are gone: the folder's modseq now, and their uids."""

    modseq: int
    uids: Ranges
