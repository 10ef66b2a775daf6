"""How new messages are placed: one statement for a batch, whatever its folders."""

from collections.abc import Iterable, Sequence

from apps.events.changes import Change
from apps.events.transactions import Plan, Run, query
from apps.store import blobs, keywords, threading
from apps.store.blobs import BlobRef, PackedBlob
from apps.store.sql import locks
from apps.store.sql import messages as sql
from apps.store.values import NewMessage, NoFolder, OverQuota, Placed

from . import seen

BATCH = 200
# Columns for lists and searching hold so much; the whole is in the bytes.
TEXT_LIMIT = 1000
LAST_GIVEN_UID = 2**32 - 2**20


def append(items: Sequence[NewMessage], *, enforce_quota: bool) -> Plan[list[Placed | OverQuota | NoFolder]]:
    """Place new messages, up to `BATCH` at once; each gets its own answer, in the order given.

    Filing passes `enforce_quota=False`: mail that was accepted is never refused. A `BlobRef` must be named
    by a row that lives until this transaction ends, for instance by the queue's.
    """
    if not items:
        return []
    if len(items) > BATCH:
        raise ValueError(f"at most {BATCH} messages at once")
    own = [threading.hash_of(item.facts.message_id) for item in items]
    refs = [threading.hashes_of(item.facts.references) for item in items]
    keys = [(item.mailbox_id, number, ref) for item, number, ref in zip(items, own, refs, strict=True)]
    threads, merges = threading.assign(keys, (yield from threading.find(keys)))
    stored = _pack(items)

    folder_ids = sorted({item.folder_id for item in items})
    uids: list[int | None] = [None] * len(items)
    if any(item.uid is not None for item in items):
        rows = yield from query(locks.LOCK_FOLDERS, [folder_ids])
        uids = _given(items, {folder: uidnext for folder, _, uidnext in rows})
    else:
        yield Run(locks.LOCK_FOLDERS, [folder_ids])
    answers, chosen = yield from _quota(items, stored, enforce=enforce_quota)
    bits: keywords.Bits = {}
    if any(item.flags.names for item in items):
        wanted: dict[int, dict[str, None]] = {}
        for n in chosen:
            wanted.setdefault(items[n].mailbox_id, {}).update(dict.fromkeys(items[n].flags.names))
        bits = yield from keywords.assign(wanted)
    if not chosen:
        return [answers[n] for n in range(len(items))]

    table = []
    for n in chosen:
        item, ref = items[n], _ref(stored[n])
        mask, more = keywords.resolve(item.mailbox_id, item.flags, bits)
        facts = item.facts
        table.append(
            (
                item.organisation_id, item.mailbox_id, item.folder_id, ref.hash, len(item.prefix) + ref.size,
                item.internaldate, item.prefix, facts.envelope, facts.structure, facts.parts,
                threading.pack(refs[n]), _text(facts.subject), _text(facts.from_addr), _text(facts.to_addr),
                _text(facts.preview), facts.sent_at, own[n], threads[n], facts.has_attachment, item.trace_id,
                mask, " ".join(more), uids[n],
            )
        )  # fmt: skip
    rows = yield from query(sql.APPEND, [list(column) for column in zip(*table, strict=True)])
    if merges:
        yield from threading.join(merges)
    yield from _mark([(items[chosen[row[0] - 1]].seen_by, row[1], row[4], row[2]) for row in rows])
    # Last, for the order of locks: two batches with equal bytes meet here, and here alone.
    yield from blobs.insert(blob for n in chosen if isinstance(blob := stored[n], PackedBlob))
    changes: dict[int, Change] = {}
    for ordinal, folder_id, uid, uidvalidity, modseq, content_id in rows:
        n = chosen[ordinal - 1]
        answers[n] = Placed(folder_id, uid, uidvalidity, modseq, content_id)
        changes[folder_id] = Change(items[n].mailbox_id, folder_id, modseq)
    yield from changes.values()
    return [answers.get(n) or NoFolder(item.folder_id) for n, item in enumerate(items)]


def _mark(placed: Iterable[tuple[int, int, int, int]]) -> Plan[None]:
    """Mark as read, given (user, folder, modseq, uid) of each message, those that have a user."""
    read: dict[tuple[int, int, int], list[int]] = {}
    for user_id, folder_id, modseq, uid in placed:
        if user_id:
            read.setdefault((user_id, folder_id, modseq), []).append(uid)
    for (user_id, folder_id, modseq), uids in read.items():
        yield from seen.mark_new(user_id, folder_id, uids, modseq)


def _pack(items: Sequence[NewMessage]) -> list[PackedBlob | BlobRef]:
    """Pack what comes as bytes."""
    stored: list[PackedBlob | BlobRef | None] = [
        None if isinstance(item.body, bytes) else item.body for item in items
    ]
    loose = [(item.organisation_id, item.body) for item in items if isinstance(item.body, bytes)]
    packed = iter(blobs.prepare(loose))
    return [next(packed) if blob is None else blob for blob in stored]


def _ref(blob: PackedBlob | BlobRef) -> BlobRef:
    return blob.ref if isinstance(blob, PackedBlob) else blob


def _given(items: Sequence[NewMessage], uidnext: dict[int, int]) -> list[int | None]:
    """Return a uid for each item: its own where that is not below what the folder has come to."""
    uids: list[int | None] = []
    for item in items:
        least = uidnext.get(item.folder_id)
        if least is None:
            uids.append(None)
            continue
        uid = item.uid if item.uid is not None and least <= item.uid < LAST_GIVEN_UID else least
        uids.append(uid)
        uidnext[item.folder_id] = uid + 1
    return uids


def _quota(
    items: Sequence[NewMessage], stored: Sequence[PackedBlob | BlobRef], *, enforce: bool
) -> Plan[tuple[dict[int, Placed | OverQuota | NoFolder], list[int]]]:
    """Lock the usage rows where need be; return the refusals and the indexes of what may be placed."""
    mailbox_ids = sorted({item.mailbox_id for item in items})
    if not enforce:
        if len(mailbox_ids) > 1:
            yield Run(locks.LOCK_USAGE, [mailbox_ids])
        return {}, list(range(len(items)))
    yield Run(locks.LOCK_USAGE, [mailbox_ids])
    rows = yield from query(locks.USAGE, [mailbox_ids])
    usage = {mailbox: (used, quota) for mailbox, used, quota, _ in rows}
    over = {mailbox: noun for mailbox, _, _, noun in rows if noun}
    refused: dict[int, Placed | OverQuota | NoFolder] = {}
    chosen = []
    for n, item in enumerate(items):
        used, quota = usage.get(item.mailbox_id, (0, 0))
        size = len(item.prefix) + _ref(stored[n]).size
        if item.mailbox_id in over:
            refused[n] = OverQuota(item.mailbox_id, used, quota, over[item.mailbox_id])
        elif quota and used + size > quota:
            refused[n] = OverQuota(item.mailbox_id, used, quota)
        else:
            usage[item.mailbox_id] = used + size, quota
            chosen.append(n)
    return refused, chosen


def _text(value: str) -> str:
    """Return text that PostgreSQL can keep: no NUL, nothing that UTF-8 cannot say, not endless."""
    return value[:TEXT_LIMIT].replace("\0", "").encode("utf-8", "replace").decode()
