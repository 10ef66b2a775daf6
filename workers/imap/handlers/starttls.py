"""STARTTLS (RFC 3501 6.2.1)."""

from apps.protocols.imap import commands as c
from workers.imap.answers import TLS_ALREADY, Answer, ok
from workers.imap.client import Client


async def starttls(client: Client, _: c.StartTls) -> Answer | None:
    """Begin TLS right after the answer; nothing said before counts after."""
    if client.secure:
        return TLS_ALREADY
    client.send(ok(b"Begin TLS now").line(client.tag))
    client.flush()
    await client.connection.start_tls()
    client.software = ""
    return None
