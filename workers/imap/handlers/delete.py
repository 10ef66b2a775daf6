"""DELETE (RFC 3501 6.3.4)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap.listing import SEPARATOR
from apps.store.services import folders
from apps.store.values import NoFolder
from workers.imap.answers import CANNOT_INBOX, DONE, HAS_CHILDREN, NO_SUCH_FOLDER, Answer
from workers.imap.client import Client


async def delete(client: Client, command: c.Delete) -> Answer:
    """Delete a folder with its messages; the folders below it stay, and show its name as not there."""
    if command.name == "INBOX":
        return CANNOT_INBOX
    ref = await client.find(command.name)
    if ref is None:
        below = any(folder.name.startswith(command.name + SEPARATOR) for folder in await client.folders())
        return HAS_CHILDREN if below else NO_SUCH_FOLDER
    match await client.server.database.perform(folders.delete(ref)):
        case NoFolder():
            return NO_SUCH_FOLDER
        case folders.InboxStays():
            return CANNOT_INBOX
    if ref == client.ref:
        client.unselect()
        client.send(b"* OK [CLOSED] The selected mailbox was deleted\r\n")
    return DONE
