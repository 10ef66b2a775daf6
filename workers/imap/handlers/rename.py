"""RENAME (RFC 3501 6.3.5)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap.listing import SEPARATOR
from apps.store.services import folders
from apps.store.values import FolderRef, NoFolder
from workers.imap.answers import CANNOT_NAME, DONE, EXISTS, NO_SUCH_FOLDER, Answer
from workers.imap.client import Client

from .create import is_usable


async def rename(client: Client, command: c.Rename) -> Answer:
    """Rename a folder and all below it; INBOX stays, and its messages go to the new folder."""
    to = command.to.removesuffix(SEPARATOR)
    if not is_usable(to) or to.startswith(command.name + SEPARATOR):
        return CANNOT_NAME
    if to == "INBOX":
        return EXISTS
    match await client.server.database.perform(folders.rename(client.opened.mailbox_id, command.name, to)):
        case FolderRef():
            return DONE
        case NoFolder():
            return NO_SUCH_FOLDER
        case folders.BadName():
            return CANNOT_NAME
        case folders.FolderExists():
            return EXISTS
