"""NAMESPACE (RFC 2342)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def namespace(client: Client, _: c.Namespace) -> Answer:
    """Name the one namespace there is: the user's own."""
    client.send(b'* NAMESPACE (("" "/")) NIL NIL\r\n')
    return DONE
