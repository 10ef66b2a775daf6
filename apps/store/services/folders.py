"""Every change of folders: create, rename, delete, subscribe.

Lists of folders change one at a time in a mailbox; the hint for such a change names folder 0.
"""

from dataclasses import dataclass

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store.models import UID_LIMIT
from apps.store.sql import folders as sql
from apps.store.sql import locks
from apps.store.values import FolderRef, NoFolder

from . import messages

INBOX = "INBOX"
# What each mailbox has from the start, with its special use (RFC 6154).
DEFAULTS = {
    INBOX: "",
    "Drafts": "\\Drafts",
    "Sent": "\\Sent",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
    "Archive": "\\Archive",
}
SEPARATOR = "/"
NAME_BYTES = 1000
DEPTH = 32


@dataclass(frozen=True, slots=True)
class FolderExists:
    """A folder of that name, or of that special use, is there already."""

    name: str


@dataclass(frozen=True, slots=True)
class BadName:
    """No folder can be called so."""

    name: str


@dataclass(frozen=True, slots=True)
class InboxStays:
    """INBOX cannot be deleted."""


def canonical(name: str) -> str | None:
    """Return a folder's name as it is kept, INBOX in capitals; None if no folder can be called so."""
    levels = name.split(SEPARATOR)
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return None
    printable = all(character >= " " and character != "\x7f" for character in name)
    if not all(levels) or not printable or size > NAME_BYTES or len(levels) > DEPTH:
        return None
    return SEPARATOR.join(levels)


def _parents(name: str) -> list[str]:
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:n]) for n in range(1, len(levels))]


def create(
    mailbox_id: int, name: str, special_use: str = "", *, uidvalidity: int | None = None
) -> Plan[FolderRef | FolderExists | BadName]:
    """Create a folder, and those above it that are missing (RFC 9051 6.3.4).

    Its `uidvalidity` is given only for a mailbox moved in from elsewhere.
    """
    kept = canonical(name)
    if kept is None or (uidvalidity is not None and not 0 < uidvalidity < UID_LIMIT):
        return BadName(name)
    yield Run(locks.LOCK_MAILBOX, [mailbox_id])
    if (yield from _find(mailbox_id, kept)) is not None:
        return FolderExists(kept)
    made = yield from _create(mailbox_id, [*_parents(kept), kept], special_use, uidvalidity)
    if kept not in made:
        return FolderExists(kept)
    yield Change(mailbox_id, 0, 0)
    return FolderRef(mailbox_id, made[kept])


def _find(mailbox_id: int, name: str) -> Plan[int | None]:
    rows = yield from query(sql.TAKEN, [mailbox_id, name, name])
    return next((folder_id for folder_id, found in rows if found == name), None)


def _create(
    mailbox_id: int, names: list[str], special_use: str = "", uidvalidity: int | None = None
) -> Plan[dict[str, int]]:
    yield Run(sql.ENSURE_USAGE, [mailbox_id])
    above = len(names) - 1
    rows = yield from query(
        sql.CREATE,
        {
            "mailbox_id": mailbox_id,
            "names": names,
            "special_uses": [""] * above + [special_use],
            "uidvalidities": [None] * above + [uidvalidity],
        },
    )
    return {name: folder_id for folder_id, name in rows}


def ensure_defaults(mailbox_id: int) -> Plan[None]:
    """Give a mailbox the folders each has, its owner subscribed; those it has stay as they are."""
    yield Run(locks.LOCK_MAILBOX, [mailbox_id])
    yield Run(sql.ENSURE_USAGE, [mailbox_id])
    made = yield from query(
        sql.CREATE,
        {
            "mailbox_id": mailbox_id,
            "names": list(DEFAULTS),
            "special_uses": list(DEFAULTS.values()),
            "uidvalidities": [None] * len(DEFAULTS),
        },
    )
    if made:
        yield Run(sql.SUBSCRIBE_OWNER, {"mailbox_id": mailbox_id, "names": [name for _, name in made]})
        yield Change(mailbox_id, 0, 0)


def inbox(mailbox_id: int) -> Plan[FolderRef | None]:
    """Return a mailbox's INBOX."""
    found = yield from _find(mailbox_id, INBOX)
    return None if found is None else FolderRef(mailbox_id, found)


def ensure_special(mailbox_id: int, special_use: str) -> Plan[FolderRef]:
    r"""Return the folder of a special use (`\Archive`), made if there is none; one of its usual name becomes it."""
    found = yield from query(sql.BY_SPECIAL_USE, [mailbox_id, special_use])
    if found:
        return FolderRef(mailbox_id, found[0][0])
    name = next(name for name, use in DEFAULTS.items() if use == special_use)
    yield Run(locks.LOCK_MAILBOX, [mailbox_id])
    yield from _create(mailbox_id, [name], special_use)
    # By now there is one of this use, ours or one that was made meanwhile, or one of this name without a use.
    found = yield from query(sql.BY_SPECIAL_USE, [mailbox_id, special_use])
    if not found:
        found = yield from query(sql.GIVE_SPECIAL_USE, [special_use, mailbox_id, name])
    yield Run(sql.SUBSCRIBE_OWNER, {"mailbox_id": mailbox_id, "names": [name]})
    yield Change(mailbox_id, 0, 0)
    return FolderRef(mailbox_id, found[0][0])


def rename(mailbox_id: int, old: str, new: str) -> Plan[FolderRef | NoFolder | FolderExists | BadName]:
    """Rename a folder and all below it; INBOX stays, and its messages go to the new folder (RFC 9051 6.3.6).

    Subscriptions follow. The RFCs leave that open, and a server may not forget a name by itself; but here a user
    renames, and in clients that show only what is subscribed the folder would be gone after it.
    """
    source, target = canonical(old), canonical(new)
    if source is None:
        return NoFolder(0)
    if target is None or target.startswith(source + SEPARATOR):
        return BadName(new)
    yield Run(locks.LOCK_MAILBOX, [mailbox_id])
    if (taken := (yield from query(sql.TAKEN, [mailbox_id, target, target + SEPARATOR]))) and source != INBOX:
        return FolderExists(taken[0][1])
    if taken and taken[0][1] == target:
        return FolderExists(target)
    if source == INBOX:
        return (yield from _rename_inbox(mailbox_id, target))
    moved = yield from query(sql.LOCK_TREE, [mailbox_id, source, source + SEPARATOR])
    folder_id = next((folder_id for folder_id, name in moved if name == source), None)
    if folder_id is None:
        return NoFolder(0)
    if parents := _parents(target):
        yield from _create(mailbox_id, parents)
    params = {
        "mailbox_id": mailbox_id,
        "new": target,
        "length": len(source),
        "ids": [folder_id for folder_id, _ in moved],
        "names": [name for _, name in moved],
    }
    yield Run(sql.RENAME, params)
    yield Run(sql.RENAME_SUBSCRIPTIONS, params)
    yield Change(mailbox_id, 0, 0)
    return FolderRef(mailbox_id, folder_id)


def _rename_inbox(mailbox_id: int, target: str) -> Plan[FolderRef | NoFolder | FolderExists | BadName]:
    inbox = yield from _find(mailbox_id, INBOX)
    if inbox is None:
        return NoFolder(0)
    made = yield from _create(mailbox_id, [*_parents(target), target])
    ref = FolderRef(mailbox_id, made[target])
    yield from messages.move(FolderRef(mailbox_id, inbox), ref, messages.ALL)
    yield Change(mailbox_id, 0, 0)
    return ref


def delete(folder: FolderRef) -> Plan[NoFolder | InboxStays | None]:
    """Delete a folder and its messages; folders below it stay, and so do subscriptions to its name."""
    yield Run(locks.LOCK_MAILBOX, [folder.mailbox_id])
    rows = yield from query(sql.LOCK_ONE, [folder.folder_id, folder.mailbox_id])
    if not rows:
        return NoFolder(folder.folder_id)
    if rows[0][0] == INBOX:
        return InboxStays()
    yield Run(sql.DELETE, {"mailbox_id": folder.mailbox_id, "folder_id": folder.folder_id})
    yield Run(sql.DELETE_ROW, [folder.folder_id, folder.mailbox_id])
    yield Change(folder.mailbox_id, folder.folder_id, 0)
    yield Change(folder.mailbox_id, 0, 0)
    return None


def subscribe(user_id: int, mailbox_id: int, name: str, *, subscribed: bool = True) -> Plan[NoFolder | None]:
    """Put a folder into a user's list, or take a name out that may have no folder any more."""
    kept = canonical(name)
    if not subscribed:
        if kept is not None:
            yield Run(sql.UNSUBSCRIBE, [user_id, mailbox_id, kept])
        return None
    rows = kept is not None and (yield from query(sql.SUBSCRIBE, [user_id, mailbox_id, kept]))
    return None if rows else NoFolder(0)


def adopt_uidvalidity(folder: FolderRef, uidvalidity: int) -> Plan[bool]:
    """Give a folder that never held anything the uidvalidity it had elsewhere; False if it held something."""
    if not 0 < uidvalidity < UID_LIMIT:
        return False
    rows = yield from query(sql.ADOPT, [uidvalidity, folder.folder_id, folder.mailbox_id])
    return bool(rows)
