"""How messages of one folder are placed in another, of the same mailbox or of another."""

from typing import Any

from apps.events.changes import Change
from apps.events.transactions import Plan, Row, Run, query
from apps.store import keywords
from apps.store.flags import COMMON_BITS, FIRST_KEYWORD_BIT, KEYWORD_BITS, SEEN, Flags
from apps.store.ranges import Ranges
from apps.store.sql import locks
from apps.store.sql import transfers as sql
from apps.store.values import Copied, FolderRef, NoFolder, OverQuota

from . import seen
from .choosing import chosen
from .removing import expunge

type Transferred = Copied | OverQuota | NoFolder | None


def copy(source: FolderRef, target: FolderRef, uids: Ranges, *, user_id: int = 0) -> Plan[Transferred]:
    """Place the messages in `target`, too, perhaps in another mailbox; None when there are none.

    `user_id` says whose read marks go with them to another mailbox, if one of the two keeps marks for each member.
    """
    yield from _lock(source, target)
    return (yield from _copy(source, target, uids, user_id, leaving=None))


def _lock(source: FolderRef, target: FolderRef) -> Plan[None]:
    yield Run(locks.LOCK_FOLDERS, [sorted({source.folder_id, target.folder_id})])
    yield Run(locks.LOCK_USAGE, [sorted({source.mailbox_id, target.mailbox_id})])


def _copy(
    source: FolderRef, target: FolderRef, uids: Ranges, user_id: int, *, leaving: int | None
) -> Plan[Transferred]:
    many, params = chosen(uids)
    params |= _places(source, target) | {"leaving": leaving}
    if source.mailbox_id != target.mailbox_id:
        return (yield from _copy_between(source, target, params, user_id, many=many))
    rows = yield from query(sql.copy(many=many), params)
    result = _result(rows, target)
    if isinstance(result, Copied):
        yield Change(target.mailbox_id, target.folder_id, result.modseq)
        if _are_marked(rows):
            yield from seen.carry(source, target, result)
    return result


def _copy_between(
    source: FolderRef, target: FolderRef, params: dict[str, Any], user_id: int, *, many: bool
) -> Plan[Transferred]:
    mailboxes = yield from query(sql.ORGANISATION, [source.mailbox_id, target.mailbox_id])
    if not mailboxes:
        return NoFolder(target.folder_id)
    [(params["organisation_id"], target_is_private, source_is_private)] = mailboxes
    params["read"] = "{}"
    if source_is_private:
        params["common"] &= ~SEEN
        params["read"] = yield from seen.read_by(source, user_id)
    params |= yield from _translate(source, target, params, many=many)
    rows = yield from query(sql.copy_between(many=many), params)
    result = _result(rows, target)
    if isinstance(result, Copied):
        yield Change(target.mailbox_id, target.folder_id, result.modseq)
        if target_is_private and user_id:
            yield from seen.mark_copies(user_id, target, result)
    return result


def move(source: FolderRef, target: FolderRef, uids: Ranges, *, user_id: int = 0) -> Plan[Transferred]:
    """Place the messages in `target` instead; OverQuota only when that is another mailbox's."""
    if source.mailbox_id != target.mailbox_id or source.folder_id == target.folder_id:
        yield from _lock(source, target)
        copied = yield from _copy(source, target, uids, user_id, leaving=source.mailbox_id)
        if not isinstance(copied, Copied):
            return copied
        return (yield from _remove(source, copied))
    yield Run(locks.LOCK_FOLDERS, [sorted({source.folder_id, target.folder_id})])
    many, params = chosen(uids)
    rows = yield from query(sql.move(many=many), params | _places(source, target))
    result = _result(rows, target)
    if isinstance(result, Copied):
        yield Change(source.mailbox_id, source.folder_id, result.source_modseq or 0)
        yield Change(target.mailbox_id, target.folder_id, result.modseq)
        if _are_marked(rows):
            yield from seen.carry(source, target, result)
            yield from seen.forget(source, result.source_uids)
    return result


def _remove(source: FolderRef, copied: Copied) -> Plan[Transferred]:
    """Take out of the source exactly what was copied."""
    gone = yield from expunge(source, copied.source_uids, only_deleted=False)
    if isinstance(gone, NoFolder):
        return gone
    return Copied(copied.uidvalidity, copied.source_uids, copied.first_uid, copied.modseq, gone.modseq)


def _places(source: FolderRef, target: FolderRef) -> dict[str, Any]:
    return {
        "mailbox_id": source.mailbox_id,
        "folder_id": source.folder_id,
        "target_mailbox_id": target.mailbox_id,
        "target_id": target.folder_id,
        "common": COMMON_BITS,
        "keyword_bits": KEYWORD_BITS,
    }


def _result(rows: list[Row], target: FolderRef) -> Transferred:
    if not rows:
        return NoFolder(target.folder_id)
    [(n, used, quota, over, allowed, uidvalidity, first, modseq, source_modseq, lows, highs, _)] = rows
    if n == 0:
        return None
    if not allowed:
        return OverQuota(target.mailbox_id, used, quota, over or "mailbox")
    return Copied(uidvalidity, list(zip(lows, highs, strict=True)), first, modseq, source_modseq)


def _are_marked(rows: list[Row]) -> bool:
    """Say whether anyone has read marks of their own in the source."""
    return bool(rows[0][-1])


def _translate(
    source: FolderRef, target: FolderRef, params: dict[str, Any], *, many: bool
) -> Plan[dict[str, Any]]:
    """Return, for each set of keywords among the messages, what the target's mailbox calls it."""
    sets = yield from query(sql.keyword_sets(many=many), params)
    translated: list[tuple[int, str, int, str]] = []
    if sets:
        given = yield from keywords.known([source.mailbox_id])
        names = {bit: name for (_, name), bit in given.items()}
        flags = [
            Flags(
                0,
                (
                    *(names[bit] for bit in range(FIRST_KEYWORD_BIT, 63) if mask >> bit & 1 and bit in names),
                    *more.split(),
                ),
            )
            for mask, more in sets
        ]
        bits = yield from keywords.assign(
            {target.mailbox_id: sorted({name for one in flags for name in one.names})}
        )
        for (old_bits, old_names), one in zip(sets, flags, strict=True):
            new_bits, new_names = keywords.resolve(target.mailbox_id, one, bits)
            translated.append((old_bits, old_names, new_bits, " ".join(new_names)))
    columns = zip(*translated, strict=True) if translated else ((), (), (), ())
    return dict(zip(("old_bits", "old_names", "new_bits", "new_names"), map(list, columns), strict=True))
