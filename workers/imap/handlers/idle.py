"""IDLE (RFC 2177)."""

from apps.protocols.imap import commands as c
from apps.protocols.imap.events import IdleDone
from workers.imap.answers import DONE, Answer, bad
from workers.imap.client import Client


async def idle(client: Client, _: c.Idle) -> Answer:
    """Tell of every change until the client says DONE; the open folders are checked every thirty seconds."""
    client.send(b"+ idling\r\n")
    client.flush()
    client.idling = True
    try:
        client.connection.handle(client.session.idle())
        while True:
            if client.ref is not None:
                await client.news(may_expunge=True)
                await client.drain()
            event = await client.next_event()
            if isinstance(event, IdleDone):
                return DONE if event.valid else bad(b"Expected DONE")
    finally:
        client.idling = False
