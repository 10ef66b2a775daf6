"""References become conversations.

A thread is named by the hash of its first message's id, which well-behaved clients repeat as the first
reference, so a reply that comes before its parent, or in another batch, finds the same thread without a
look. Where a reference is in the mailbox already, its thread wins: that joins replies whose client names
only the parent.

A thread whose name is the id of a message that is not in the mailbox is provisional: replies to something we have not
seen. It becomes part of another thread as soon as a message shows that it is: the missing message comes and belongs
elsewhere by its own references, or a message refers to it and belongs elsewhere. A thread whose first message is here
is never made part of another, or a stranger who knows two message ids could mix two conversations for good.

Subjects decide nothing: two invoices called "Invoice" are no conversation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from blake3 import blake3

from apps.events.transactions import Plan, Run, query

from .sql import messages as sql

MOST_REFERENCES = 32
# The last two and the first are looked up: more would cost more than it finds.
LATEST = 2
AT_ONCE = 5000


def hash_of(message_id: str) -> int | None:
    """Return 63 bits that stand for a message id; None for an empty one."""
    message_id = message_id.strip().removeprefix("<").removesuffix(">")
    if not message_id:
        return None
    return int.from_bytes(blake3(message_id.encode("utf-8", "replace")).digest(8)) >> 1


def hashes_of(references: Sequence[str]) -> tuple[int, ...]:
    """Return the hashes of references, oldest first; of very many, the first and the last."""
    if len(references) > MOST_REFERENCES:
        references = (references[0], *references[-MOST_REFERENCES + 1 :])
    return tuple(number for number in map(hash_of, references) if number is not None)


def pack(hashes: Iterable[int]) -> bytes:
    """Return hashes as `Content.refs` keeps them."""
    return b"".join(number.to_bytes(8) for number in hashes)


def unpack(refs: bytes) -> list[int]:
    """Read `Content.refs`."""
    return [int.from_bytes(refs[start : start + 8]) for start in range(0, len(refs) - 7, 8)]


type Key = tuple[int, int]
"""A mailbox and the hash of a message id."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a mailbox has: the threads of messages, by the hash of their id; and the names of threads."""

    threads: Mapping[Key, int] = field(default_factory=dict)
    names: frozenset[Key] = frozenset()


NOTHING = Known()

type Merge = tuple[int, int, int]
"""A mailbox, a provisional thread of it, and the thread that it is part of."""


def find(wanted: Iterable[tuple[int, int | None, Sequence[int]]]) -> Plan[Known]:
    """Look up what is known of new messages that refer to others, given as (mailbox, own hash, references)."""
    keys = sorted(
        {(mailbox, number) for mailbox, own, refs in wanted if refs for number in _asked(own, refs)}
    )
    if not keys:
        return NOTHING
    mailboxes, numbers = [mailbox for mailbox, _ in keys], [number for _, number in keys]
    if mailboxes[0] == mailboxes[-1]:
        rows = yield from query(sql.THREADS, {"mailbox": mailboxes[0], "hashes": numbers})
    else:
        rows = yield from query(sql.THREADS_OF_MANY, {"mailboxes": mailboxes, "hashes": numbers})
    return Known(
        {(mailbox, number): thread for mailbox, number, is_name, thread in rows if not is_name},
        frozenset((mailbox, number) for mailbox, number, is_name, _ in rows if is_name),
    )


def assign(
    messages: Iterable[tuple[int, int | None, Sequence[int]]], known: Known
) -> tuple[list[int | None], list[Merge]]:
    """Return the thread of each (mailbox, own hash, references), None for one of its own, and what becomes one."""
    found, names = dict(known.threads), set(known.names)
    joined: dict[Key, int] = {}

    def root(mailbox: int, thread: int) -> int:
        while (mailbox, thread) in joined:
            thread = joined[mailbox, thread]
        return thread

    threads: list[tuple[int, int | None]] = []
    for mailbox, own, refs in messages:
        thread = next((found[mailbox, ref] for ref in reversed(refs) if (mailbox, ref) in found), None)
        if thread is None:
            # A thread of others that wait for the same message, or one that is named now.
            thread = next((ref for ref in refs if (mailbox, ref) in names), refs[0] if refs else own)
            if thread is not None:
                names.add((mailbox, thread))
        if thread is not None:
            thread = root(mailbox, thread)
            for name in _asked(own, refs):
                if (mailbox, name) in names and (mailbox, name) not in found:
                    old = root(mailbox, name)
                    if old != thread:
                        joined[mailbox, old] = thread
            if own is not None:
                found.setdefault((mailbox, own), thread)
        threads.append((mailbox, thread))
    return (
        [None if thread is None else root(mailbox, thread) for mailbox, thread in threads],
        [(mailbox, old, root(mailbox, old)) for mailbox, old in joined],
    )


def _asked(own: int | None, refs: Sequence[int]) -> set[int]:
    """Return the hashes that are looked up for a message."""
    return {number for number in (*refs[:1], *refs[-LATEST:], own) if number is not None}


def join(merges: Sequence[Merge]) -> Plan[None]:
    """Make provisional threads part of others."""
    for mailbox in sorted({mailbox for mailbox, _, _ in merges}):
        yield Run(sql.LOCK_THREADS, [mailbox])
    for mailbox, old, new in sorted(merges):
        yield Run(sql.JOIN_THREADS, {"mailbox": mailbox, "old": old, "new": new})
        yield Run(sql.LOG_MERGE, [mailbox, old, new])


def rebuild(mailbox_id: int) -> Plan[int]:
    """Put all contents of a mailbox into the threads they would get if they came anew; return how many moved."""
    yield Run(sql.LOCK_THREADS, [mailbox_id])
    rows = yield from query(sql.TO_THREAD, [mailbox_id])
    threads, _ = assign(((mailbox_id, own, unpack(refs)) for _, own, refs, _ in rows), NOTHING)
    moved = [
        (content_id, content_id if thread is None else thread)
        for (content_id, _, _, now), thread in zip(rows, threads, strict=True)
        if now != (content_id if thread is None else thread)
    ]
    for first in range(0, len(moved), AT_ONCE):
        some = moved[first : first + AT_ONCE]
        yield Run(
            sql.SET_THREADS, [[content for content, _ in some], [thread for _, thread in some], mailbox_id]
        )
    if moved:
        # Zero is no thread: whoever knows this mailbox's threads by heart is to read them again.
        yield Run(sql.LOG_MERGE, [mailbox_id, 0, 0])
    return len(moved)
