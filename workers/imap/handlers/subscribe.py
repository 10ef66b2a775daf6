"""SUBSCRIBE and UNSUBSCRIBE (RFC 3501 6.3.6, 6.3.7)."""

from apps.protocols.imap import commands as c
from apps.store.services import folders
from workers.imap.answers import DONE, NO_SUCH_FOLDER, Answer
from workers.imap.client import Client


async def subscribe(client: Client, command: c.Subscribe) -> Answer:
    """Put a folder into the user's list; a name without a folder is refused, as 6.3.6 allows."""
    return await _set(client, command.name, subscribed=True)


async def unsubscribe(client: Client, command: c.Unsubscribe) -> Answer:
    """Take a name out of the user's list; one that is not in it is no error."""
    return await _set(client, command.name, subscribed=False)


async def _set(client: Client, name: str, *, subscribed: bool) -> Answer:
    plan = folders.subscribe(client.signed_in.user_id, client.opened.mailbox_id, name, subscribed=subscribed)
    return DONE if await client.server.database.perform(plan) is None else NO_SUCH_FOLDER
