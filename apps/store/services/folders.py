"""Every change of folders: create, rename, delete, subscribe."""

from dataclasses import dataclass

from apps.events.transactions import Plan
from apps.store.values import FolderRef, NoFolder

# What each mailbox has from the start, with its special use (RFC 6154).
DEFAULTS = {
    "INBOX": "",
    "Drafts": "\\Drafts",
    "Sent": "\\Sent",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
    "Archive": "\\Archive",
}
SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class FolderExists:
    """A folder of that name, or of that special use, is there already."""

    name: str


def create(
    mailbox_id: int, name: str, special_use: str = "", *, uidvalidity: int | None = None
) -> Plan[FolderRef | FolderExists]:
    """Create one folder. Its `uidvalidity` is given only for a mailbox moved in from elsewhere."""
    raise NotImplementedError


def ensure_defaults(mailbox_id: int) -> Plan[None]:
    """Give a mailbox the folders each has; those it has stay as they are."""
    raise NotImplementedError


def rename(mailbox_id: int, old: str, new: str) -> Plan[FolderRef | NoFolder | FolderExists]:
    """Rename a folder and all below it; INBOX stays, and its messages go to the new folder (RFC 9051 6.3.6)."""
    raise NotImplementedError


def delete(folder: FolderRef) -> Plan[NoFolder | None]:
    """Delete a folder and its messages; folders below it stay."""
    raise NotImplementedError


def subscribe(user_id: int, folder: FolderRef, *, subscribed: bool = True) -> Plan[NoFolder | None]:
    """Put a folder into a user's list, or take it out."""
    raise NotImplementedError
