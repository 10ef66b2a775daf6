"""Every change of messages: append, set_flags, copy, move, expunge.

Each is a plan (see `apps.events.transactions`): one transaction that locks its folders first, in ascending
id, then what the mailboxes hold; moves counters, usage and log together; and announces one Change a folder.
Because the lock is taken by a statement of its own, what follows sees all that was committed before.
"""

from collections.abc import Sequence

from apps.events.transactions import Plan
from apps.store.flags import NONE, Flags
from apps.store.ranges import Ranges
from apps.store.values import Copied, Expunged, FlagsSet, FolderRef, NewMessage, NoFolder, OverQuota, Placed

BATCH = 200


def append(items: Sequence[NewMessage], *, enforce_quota: bool) -> Plan[list[Placed | OverQuota | NoFolder]]:
    """Place new messages, up to `BATCH` at once; each gets its own answer, in the order given.

    Filing passes `enforce_quota=False`: mail that was accepted is never refused.
    """
    raise NotImplementedError


def set_flags(
    folder: FolderRef,
    uids: Ranges,
    *,
    add: Flags = NONE,
    remove: Flags = NONE,
    replace: Flags | None = None,
    unchanged_since: int | None = None,
) -> Plan[FlagsSet | NoFolder]:
    """Add and remove flags, or replace them all.

    With `unchanged_since` (RFC 7162), messages changed after that modseq are left alone and reported.
    """
    raise NotImplementedError


def copy(source: FolderRef, target: FolderRef, uids: Ranges) -> Plan[Copied | OverQuota | NoFolder | None]:
    """Place the messages in `target`, too, perhaps in another mailbox; None when there are none."""
    raise NotImplementedError


def move(source: FolderRef, target: FolderRef, uids: Ranges) -> Plan[Copied | OverQuota | NoFolder | None]:
    """Place the messages in `target` instead; OverQuota only when that is another mailbox's."""
    raise NotImplementedError


def expunge(
    folder: FolderRef, uids: Ranges | None = None, *, only_deleted: bool = True
) -> Plan[Expunged | NoFolder]:
    r"""Remove messages for good: of `uids`, or of all, those with \Deleted, or all of them."""
    raise NotImplementedError
