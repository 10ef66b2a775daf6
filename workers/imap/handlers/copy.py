"""COPY, MOVE and their UID forms (RFC 3501 6.4.7, RFC 6851, RFC 4315 3)."""

import numpy as np

from apps.mailflow import refile
from apps.protocols.imap import commands as c
from apps.protocols.imap import responses
from apps.protocols.imap.folder import expand
from apps.store.values import Copied, NoFolder, OverQuota
from workers.imap.answers import (
    DONE,
    NO_SUCH_MESSAGE,
    OVER_QUOTA,
    READ_ONLY,
    TRY_CREATE,
    Answer,
    ok,
)
from workers.imap.client import Client, ranges_of


async def copy(client: Client, command: c.Copy) -> Answer:
    """Place messages in another folder, too; all of them or none."""
    result = await _transfer(client, command, leave=True)
    return result if isinstance(result, Answer) else ok(b"Copied", _code(result))


async def move(client: Client, command: c.Move) -> Answer:
    """Place messages in another folder instead; COPYUID comes before the messages go (RFC 6851 4.3)."""
    if client.selected[1].read_only:
        return READ_ONLY
    result = await _transfer(client, command, leave=False)
    if isinstance(result, Answer):
        return result
    client.send(b"* OK [%b] Moved\r\n" % _code(result))
    return DONE


async def _transfer(client: Client, command: c.Copy | c.Move, *, leave: bool) -> Copied | Answer:
    ref, view, _ = client.selected
    target = await client.find(command.name)
    if target is None:
        return TRY_CREATE
    selection = view.select(command.sequence.resolve(view.largest(by_uid=command.uid)), by_uid=command.uid)
    if selection is None:
        return NO_SUCH_MESSAGE
    if not selection.uids.size:
        return DONE
    ranges = ranges_of(view, selection.rows)
    plan = refile.transfer(ref, target, ranges, user_id=client.signed_in.user_id, leave=leave)
    match await client.server.database.perform(plan):
        case None:
            return DONE
        case OverQuota():
            return OVER_QUOTA
        case NoFolder():
            return TRY_CREATE
        case Copied() as result:
            seen = max(result.modseq if target == ref else 0, result.source_modseq or 0)
            if seen:
                await client.look(seen)
            return result


def _code(result: Copied) -> bytes:
    old = expand(result.source_uids)
    new = np.arange(result.first_uid, result.first_uid + old.size, dtype=np.uint32)
    return responses.copy_uid(result.uidvalidity, old, new)
