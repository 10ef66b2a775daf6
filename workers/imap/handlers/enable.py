"""ENABLE (RFC 5161)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def enable(client: Client, command: c.Enable) -> Answer:
    """Switch on what we know, and say what was switched on."""
    enabled = b""
    if "CONDSTORE" in command.capabilities:
        client.condstore = True
        enabled = b" CONDSTORE"
    client.send(b"* ENABLED%b\r\n" % enabled)
    return DONE
