"""CREATE (RFC 3501 6.3.3, RFC 6154 3)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap.listing import SEPARATOR
from apps.store.services import folders
from apps.store.values import FolderRef
from workers.imap.answers import CANNOT_NAME, CANNOT_USE, DONE, EXISTS, Answer
from workers.imap.client import Client

SPECIAL_USES = {
    use.lower(): use for use in ("\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")
}


def is_usable(name: str) -> bool:
    """Say whether a folder may be called this: no empty level, no wildcard."""
    return all(name.split(SEPARATOR)) and not set(name) & set("*%")


async def create(client: Client, command: c.Create) -> Answer:
    """Create a folder, perhaps for a special use; a separator at the end only says that more will follow."""
    name = command.name.removesuffix(SEPARATOR)
    if not is_usable(name):
        return CANNOT_NAME
    if name == "INBOX":
        return EXISTS
    uses = [SPECIAL_USES.get(use.lower()) for use in command.special_use]
    if len(uses) > 1 or None in uses:
        return CANNOT_USE
    plan = folders.create(client.opened.mailbox_id, name, (uses[0] or "") if uses else "")
    match await client.server.database.perform(plan):
        case FolderRef():
            return DONE
        case folders.BadName():
            return CANNOT_NAME
        case folders.FolderExists():
            # Either the name is taken, or another folder has the special use.
            return EXISTS if not uses or await client.find(name) else CANNOT_USE
