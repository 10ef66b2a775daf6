"""APPEND (RFC 3501 6.3.11, RFC 4315 3)."""

import asyncio
import time

from apps.protocols.imap import commands as c
from apps.protocols.imap import responses
from apps.protocols.mime.scan import scan
from apps.store import blobs
from apps.store.flags import SEEN, Flags
from apps.store.values import FolderRef, MessageFacts, NewMessage, NoFolder, OverQuota, Placed
from workers.imap.answers import OVER_QUOTA, TOO_MANY_KEYWORDS, TRY_CREATE, Answer, ok
from workers.imap.client import Client

from .store import are_usable

LARGE = 64 * 1024
"""A message above this is scanned and packed in a thread, so that others have their turn."""


async def append(client: Client, command: c.Append) -> Answer:
    """File a message; answered when it is safe, together with what others file at the same time."""
    if not are_usable(command.flags):
        return TOO_MANY_KEYWORDS
    target = await client.find(command.name)
    if target is None:
        return TRY_CREATE
    if len(command.message) > LARGE:
        item = await asyncio.to_thread(_prepare, client, target, command)
    else:
        item = _prepare(client, target, command)
    match await client.server.writer.put(item):
        case NoFolder():
            return TRY_CREATE
        case OverQuota():
            return OVER_QUOTA
        case Placed() as placed:
            if target == client.ref:
                await client.look(placed.modseq)
            code = responses.append_uid(placed.uidvalidity, [(placed.uid, placed.uid)])
            return ok(b"Appended", code)


def _prepare(client: Client, target: FolderRef, command: c.Append) -> NewMessage:
    organisation_id = client.opened.organisation_id
    wanted = Flags.named(*command.flags)
    seen_by = client.marks_of if wanted.mask & SEEN else 0
    [packed] = blobs.prepare([(organisation_id, command.message)])
    return NewMessage(
        organisation_id,
        target.mailbox_id,
        target.folder_id,
        packed,
        MessageFacts.of(scan(command.message)),
        int(time.time()) if command.internaldate is None else command.internaldate,
        flags=Flags(wanted.mask & ~SEEN, wanted.names) if seen_by else wanted,
        seen_by=seen_by,
    )
