r"""EXPUNGE and UID EXPUNGE (RFC 3501 6.4.3, RFC 4315 2.1)."""

from apps.protocols.imap import commands as c
from apps.store.services import messages
from apps.store.values import NoFolder
from workers.imap.answers import DONE, READ_ONLY, Answer
from workers.imap.client import Client, FolderGone


async def expunge(client: Client, command: c.Expunge) -> Answer:
    r"""Remove what is \Deleted; the client hears of it as of any other change."""
    ref, view, _ = client.selected
    if view.read_only:
        return READ_ONLY
    ranges = None if command.uids is None else command.uids.resolve(view.largest(by_uid=True))
    result = await client.server.database.perform(messages.expunge(ref, ranges))
    if isinstance(result, NoFolder):
        raise FolderGone
    await client.refresh(at_least=result.modseq)
    return DONE
