"""NOOP and CHECK (RFC 3501 6.1.2, 6.4.1)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def noop(client: Client, _: c.Noop | c.Check) -> Answer:
    """Look at the folder in the database itself, in case a hint was lost; the news follow by themselves."""
    if client.ref is not None:
        await client.refresh(check=True)
    return DONE
