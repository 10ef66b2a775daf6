"""SEARCH and UID SEARCH (RFC 3501 6.4.4, RFC 4731, RFC 7162 3.1.5)."""

import numpy as np

from apps.protocols.imap import commands as c
from apps.protocols.imap import responses
from apps.protocols.imap import search as tree
from apps.protocols.imap.commands import Result
from apps.protocols.imap.folder import Bits
from apps.store.search import search as find
from workers.imap.answers import DONE, Answer
from workers.imap.client import Client


async def search(client: Client, command: c.Search) -> Answer:
    """Find messages, and say which, how many, or the first and the last."""
    view = await client.refresh()
    state = view.state
    by_modseq = _asks_modseq(command.key)
    client.condstore |= by_modseq
    selection = await find(client.server.reader, view, command.key)
    found = selection.uids if command.uid else selection.numbers
    modseqs = state.modseqs[selection.rows]
    if command.returns is None:
        modseq = int(modseqs.max()) if by_modseq and modseqs.size else None
        client.send(responses.search_line(found, modseq=modseq))
        return DONE
    client.send(
        responses.esearch_line(
            client.tag,
            found,
            [result.value.decode("ascii") for result in command.returns],
            by_uid=command.uid,
            modseq=_highest(modseqs, command.returns) if by_modseq and modseqs.size else None,
        )
    )
    return DONE


def _highest(modseqs: Bits, returns: frozenset[Result]) -> int:
    """Return the highest modseq of the messages that are named in the answer (RFC 4731 3.2)."""
    if returns <= {Result.MIN, Result.MAX}:
        ends = [modseqs[0]] if Result.MIN in returns else []
        ends += [modseqs[-1]] if Result.MAX in returns else []
        return int(np.max(ends))
    return int(modseqs.max())


def _asks_modseq(key: tree.Key) -> bool:
    match key:
        case tree.ModSeq():
            return True
        case tree.And(keys):
            return any(map(_asks_modseq, keys))
        case tree.Or(left, right):
            return _asks_modseq(left) or _asks_modseq(right)
        case tree.Not(inner):
            return _asks_modseq(inner)
    return False
