"""STORE and UID STORE (RFC 3501 6.4.6, RFC 7162 3.1.3)."""

from collections.abc import Sequence

import numpy as np

from apps.mailflow import refile
from apps.protocols.imap import commands as c
from apps.protocols.imap import responses
from apps.protocols.imap.folder import Uids, as_ranges, expand, places_of
from apps.protocols.imap.view import Selection, Silent
from apps.store import flags
from apps.store.flags import Flags
from apps.store.values import NoFolder
from workers.imap.answers import DONE, NO_SUCH_MESSAGE, READ_ONLY, TOO_MANY_KEYWORDS, Answer, ok
from workers.imap.client import Client, FolderGone, ranges_of

MOST_KEYWORDS = 100
LONGEST_KEYWORD = 200


def are_usable(names: tuple[str, ...]) -> bool:
    """Say whether these flags are few and short enough to be kept."""
    return len(names) <= MOST_KEYWORDS and all(len(name) <= LONGEST_KEYWORD for name in names)


async def store(client: Client, command: c.Store) -> Answer:
    """Change flags, and answer with the new ones unless the client wants silence."""
    ref, view, _ = client.selected
    if view.read_only:
        return READ_ONLY
    if not are_usable(command.flags):
        return TOO_MANY_KEYWORDS
    client.condstore |= command.unchanged_since is not None
    selection = view.select(command.sequence.resolve(view.largest(by_uid=command.uid)), by_uid=command.uid)
    if selection is None:
        return NO_SUCH_MESSAGE
    if not selection.uids.size:
        return DONE
    named = Flags.named(*command.flags)
    result = await client.server.database.perform(
        refile.set_flags(
            ref,
            ranges_of(view, selection.rows),
            add=named if command.change is c.Change.ADD else flags.NONE,
            remove=named if command.change is c.Change.REMOVE else flags.NONE,
            replace=named if command.change is c.Change.REPLACE else None,
            unchanged_since=command.unchanged_since,
            user_id=client.marks_of,
        )
    )
    if isinstance(result, NoFolder):
        raise FolderGone
    changed, failed = expand(result.changed), expand(result.failed)
    state = await client.current(ref, at_least=result.modseq)
    silent = _silent(command, changed, state.names) if command.silent and state is not None else None
    await client.news(may_expunge=False, silent=silent)
    if not command.silent:
        _unchanged(client, selection, changed, failed)
    if failed.size:
        numbers = failed if command.uid else _numbers(selection, failed)
        return ok(b"Some messages had changed", b"MODIFIED " + responses.numbers(numbers))
    return DONE


def _silent(command: c.Store, changed: Uids, names: Sequence[str | None]) -> Silent:
    """Return what the client believes of the messages whose flags it set."""
    wanted = {name.lower() for name in command.flags}
    mask = sum(1 << bit for bit, name in enumerate(names) if name and name.lower() in wanted)
    match command.change:
        case c.Change.ADD:
            return Silent(changed, add=mask)
        case c.Change.REMOVE:
            return Silent(changed, remove=mask)
        case c.Change.REPLACE:
            return Silent(changed, add=mask, remove=flags.ALL_BITS & ~mask)


def _unchanged(client: Client, selection: Selection, changed: Uids, failed: Uids) -> None:
    """Answer for the messages that had these flags before: the news do not name them (RFC 3501 6.4.6)."""
    _, view, table = client.selected
    same = np.setdiff1d(selection.uids, np.concatenate((changed, failed)))
    there = view.select(as_ranges(same), by_uid=True)
    if there is not None and there.uids.size:
        modseqs = view.state.modseqs[there.rows] if client.condstore else None
        client.send(
            responses.flags_lines(
                there.numbers,
                view.flags(there),
                table,
                uids=there.uids,
                modseqs=modseqs,
                more=places_of(view.state.more, there.uids),
            )
        )


def _numbers(selection: Selection, uids: Uids) -> Uids:
    return selection.numbers[np.searchsorted(selection.uids, uids)]
