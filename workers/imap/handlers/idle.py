"""IDLE (RFC 2177)."""

import logging

from apps.protocols.imap import commands as c
from apps.protocols.imap.events import IdleDone
from workers.imap.answers import DONE, Answer, bad
from workers.imap.client import Client, FolderGone
from workers.imap.faults import LOST_DATABASE

log = logging.getLogger(__name__)


async def idle(client: Client, _: c.Idle) -> Answer:
    """Tell of every change until the client says DONE, and answer no sooner (RFC 2177 3)."""
    client.send(b"+ idling\r\n")
    client.flush()
    client.idling = True
    folder_gone = False
    try:
        client.connection.handle(client.session.idle())
        while True:
            if client.ref is not None and not folder_gone:
                try:
                    await client.news(may_expunge=True)
                except FolderGone:
                    folder_gone = True
                except LOST_DATABASE as error:
                    # The check of all open folders wakes us once it is back.
                    log.warning("database lost in IDLE", extra={"error": type(error).__name__})
                await client.drain()
            event = await client.next_event()
            if isinstance(event, IdleDone):
                break
    finally:
        client.idling = False
    if folder_gone:
        raise FolderGone
    return DONE if event.valid else bad(b"Expected DONE")
