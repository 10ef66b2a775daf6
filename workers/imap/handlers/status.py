"""STATUS (RFC 3501 6.3.10, RFC 7162 3.1.7, RFC 7889 4, RFC 8438)."""

from collections.abc import Sequence

from apps.protocols.imap import commands as c
from apps.protocols.imap import responses, utf7
from apps.protocols.imap.commands import StatusItem
from apps.store.queries import FolderFacts
from workers.imap.answers import DONE, NO_SUCH_FOLDER, Answer
from workers.imap.client import Client


async def status(client: Client, command: c.Status) -> Answer:
    """Say how a folder stands, without opening it."""
    row = next((row for row in await client.folders() if row.name == command.name), None)
    if row is None:
        return NO_SUCH_FOLDER
    client.send(status_line(client, row, command.items))
    return DONE


def status_line(client: Client, row: FolderFacts, items: Sequence[StatusItem]) -> bytes:
    """Return a folder's line; to ask for HIGHESTMODSEQ enables CONDSTORE (RFC 7162 3.1)."""
    client.condstore |= StatusItem.HIGHESTMODSEQ in items
    values = {
        StatusItem.MESSAGES: row.messages,
        # Who is told first of a message is known only once it is selected; IMAP4rev2 has dropped this.
        StatusItem.RECENT: 0,
        StatusItem.UIDNEXT: row.uidnext,
        StatusItem.UIDVALIDITY: row.uidvalidity,
        StatusItem.UNSEEN: row.unseen,
        StatusItem.HIGHESTMODSEQ: row.modseq,
        StatusItem.APPENDLIMIT: client.server.max_message,
        StatusItem.SIZE: row.size,
    }
    return responses.status_line(
        utf7.encode(row.name), [(item.value.decode("ascii"), values[item]) for item in items]
    )
