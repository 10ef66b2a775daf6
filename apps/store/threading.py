"""References become conversations.

A thread is named by the hash of its first message's id, which well-behaved clients repeat as the first
reference, so a reply that comes before its parent, or in another batch, finds the same thread without a
look. Where a reference is in the mailbox already, its thread wins: that joins replies whose client names
only the parent.
"""

from collections.abc import Iterable, Mapping, Sequence

from blake3 import blake3

from apps.events.transactions import Plan, query

from .sql import messages as sql

MOST_REFERENCES = 32
# The last two and the first are looked up: more would cost more than it finds.
LATEST = 2


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


def find(wanted: Iterable[tuple[int, Sequence[int]]]) -> Plan[dict[Key, int]]:
    """Look up the threads of the references of new messages, given as (mailbox, references)."""
    keys = sorted({(mailbox, number) for mailbox, refs in wanted for number in (*refs[:1], *refs[-LATEST:])})
    if not keys:
        return {}
    mailboxes, numbers = [mailbox for mailbox, _ in keys], [number for _, number in keys]
    if mailboxes[0] == mailboxes[-1]:
        rows = yield from query(sql.THREADS, [mailboxes[0], numbers])
    else:
        rows = yield from query(sql.THREADS_OF_MANY, [mailboxes, numbers])
    return {(mailbox, number): thread for mailbox, number, thread in rows}


def assign(
    messages: Iterable[tuple[int, int | None, Sequence[int]]], known: Mapping[Key, int]
) -> list[int | None]:
    """Return the thread of each (mailbox, own hash, references); None asks for one of its own."""
    found = dict(known)
    threads = []
    for mailbox, own, refs in messages:
        thread = next((found[mailbox, ref] for ref in reversed(refs) if (mailbox, ref) in found), None)
        if thread is None:
            thread = refs[0] if refs else own
        if own is not None and thread is not None:
            found.setdefault((mailbox, own), thread)
        threads.append(thread)
    return threads
