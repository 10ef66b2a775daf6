"""CAPABILITY (RFC 3501 6.1.1)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def capability(client: Client, _: c.Capability) -> Answer:
    """Say what we can do."""
    client.send(b"* CAPABILITY %b\r\n" % client.server.capabilities(client))
    return DONE
