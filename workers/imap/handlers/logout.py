"""LOGOUT (RFC 3501 6.1.3)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import DONE
from workers.imap.client import Client


async def logout(client: Client, _: c.Logout) -> None:
    """Say goodbye and close; nothing is owed any more."""
    client.unselect()
    client.send(b"* BYE Logging out\r\n")
    client.send(DONE.line(client.tag))
    client.flush()
    client.connection.close()
