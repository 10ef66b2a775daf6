"""ID (RFC 2971)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def identify(client: Client, command: c.Id) -> Answer:
    """Note what program this is, for the list of sessions, and say what we are."""
    said = dict(command.fields)
    client.software = " ".join(filter(None, (said.get("name"), said.get("version"))))[:200]
    client.send(b'* ID ("name" "mailplatform")\r\n')
    return DONE
