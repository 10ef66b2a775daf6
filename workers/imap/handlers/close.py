r"""CLOSE and UNSELECT (RFC 3501 6.4.2, RFC 3691)."""

from apps.protocols.imap import commands as c
from apps.store.services import messages
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def close(client: Client, _: c.Close) -> Answer:
    r"""Remove what is \Deleted without a word, and close the folder."""
    ref, view, _table = client.selected
    if not view.read_only:
        await client.server.database.perform(messages.expunge(ref))
    client.unselect()
    return DONE


async def unselect(client: Client, _: c.Unselect) -> Answer:
    """Close the folder and remove nothing."""
    client.unselect()
    return DONE
