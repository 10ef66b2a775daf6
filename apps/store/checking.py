"""What must hold of the store, looked at in one snapshot of the database: `manage.py store check`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from blake3 import blake3
from django.db import connection, transaction

from apps.events.transactions import Plan, Run, perform

from . import blobs, partitions
from .blobs import BlobMissingError, BlobRef, PackedBlob
from .models import FolderLog
from .sql import blobs as blob_sql
from .sql import checks as sql
from .sql import locks
from .values import FolderRef

Op = FolderLog.Op


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `folder`, `mailbox_id` and `blob` say what a repair would count or look for anew."""

    text: str
    folder: FolderRef | None = None
    mailbox_id: int | None = None
    log: bool = False
    derived: bool = False
    blob: PackedBlob | None = None


def check(*, deep: bool = False) -> Iterator[Finding]:
    """Yield what is wrong. `deep` also reads every blob and compares its hash."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One moment for all questions, so that mail that arrives meanwhile is no finding.
            if not connection.savepoint_ids:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield from _partitions()
        yield from _counters()
        yield from _usage()
        yield from _orphans()
        yield from _logs()
        yield from _marks()
        yield from _blobs(deep=deep)


def _ask(statement: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _partitions() -> Iterator[Finding]:
    counts = dict(_ask(partitions.COUNT, [list(partitions.PARTITIONED)]))
    yield from (Finding(line) for line in partitions.wrong(counts))


def _counters() -> Iterator[Finding]:
    for row in _ask(sql.COUNTERS):
        folder_id, mailbox_id, name = row[:3]
        folder = FolderRef(mailbox_id, folder_id)
        where = f"folder {folder_id} ({name}) of mailbox {mailbox_id}"
        if row[3:6] != row[6:9]:
            yield Finding(
                f"{where} counts {row[3:6]} messages, unseen, bytes; its rows are {row[6:9]}", folder
            )
        if row[9]:
            yield Finding(f"{where} holds a uid that is not below uidnext", folder)
        if row[10]:
            yield Finding(f"{where} holds a modseq above its own", folder)


def _usage() -> Iterator[Finding]:
    for mailbox_id, said_bytes, said, held_bytes, held in _ask(sql.USAGE):
        yield Finding(
            f"mailbox {mailbox_id} is said to hold {said} messages, {said_bytes} bytes; it holds {held}, {held_bytes}",
            mailbox_id=mailbox_id,
        )


def _orphans() -> Iterator[Finding]:
    for what, statement in sql.ORPHANS.items():
        [(count,)] = _ask(statement)
        if count:
            derived = what.startswith(("packs", "snapshots", "log rows"))
            yield Finding(f"{count} {what}", derived=derived)


def _logs() -> Iterator[Finding]:
    for folder_id, mailbox_id, name, floor, modseq in _ask(sql.FOLDERS):
        rows = _ask(sql.LOG, [mailbox_id, folder_id, floor])
        held = {
            uid: (flags, frozenset(more or ()), changed)
            for uid, flags, more, changed in _ask(sql.MESSAGES, [mailbox_id, folder_id])
        }
        if wrong := compare(held, rows, floor, modseq):
            where = f"folder {folder_id} ({name}) of mailbox {mailbox_id}"
            yield Finding(f"{where}: {wrong}", FolderRef(mailbox_id, folder_id), log=True)


def _marks() -> Iterator[Finding]:
    for folder_id, mailbox_id, name, user_id in _ask(sql.MARKS):
        where = f"folder {folder_id} ({name}) of mailbox {mailbox_id}"
        text = f"{where}: user {user_id} has read what is not there, or in the future"
        yield Finding(text, FolderRef(mailbox_id, folder_id), log=True)


type Held = dict[int, tuple[int, frozenset[str], int]]


def compare(held: Held, rows: list[tuple[Any, ...]], floor: int, modseq: int) -> str:
    """Say how a folder's rows and its log above `floor` differ, or nothing."""
    first = max(floor, 1) + 1
    if sorted({row[0] for row in rows}) != list(range(first, modseq + 1)):
        return f"its log does not have every modseq from {first} to {modseq}"
    # From a floor on, what the log does not tell is taken as it is: a uid is judged once the log sets all of it.
    known: dict[int, tuple[int, frozenset[str]]] = {}
    changed: dict[int, int] = {}
    gone: set[int] = set()
    for at, op, mask, names, lows, highs in rows:
        more = frozenset(names or ())
        for uid in (uid for low, high in zip(lows, highs, strict=True) for uid in range(low, high + 1)):
            changed[uid] = at
            if op == Op.EXPUNGE:
                gone.add(uid)
                known.pop(uid, None)
            elif op in {Op.APPEND, Op.REPLACE}:
                known[uid] = mask, more
            elif uid in known:
                bits, others = known[uid]
                known[uid] = (bits | mask, others | more) if op == Op.ADD else (bits & ~mask, others - more)
    if back := gone & held.keys():
        return f"{len(back)} messages are there that its log expunged, such as uid {min(back)}"
    if missing := known.keys() - held.keys():
        return f"{len(missing)} messages of its log are not there, such as uid {min(missing)}"
    if floor == 0 and (strange := held.keys() - known.keys()):
        return f"{len(strange)} messages are not in its log, such as uid {min(strange)}"
    if wrong := [uid for uid, state in known.items() if held[uid][:2] != state]:
        return f"{len(wrong)} messages have other flags than its log says, such as uid {min(wrong)}"
    if wrong := [uid for uid, (_, _, at) in held.items() if at > floor and changed.get(uid) != at]:
        return f"{len(wrong)} messages have another modseq than its log says, such as uid {min(wrong)}"
    return ""


def _blobs(*, deep: bool) -> Iterator[Finding]:
    sizes: dict[str, int] = {}
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.BLOBS, [deep, deep])
        while rows := cursor.fetchmany(100):
            for organisation_id, digest, size, codec, key_id, store, location, position, stored, data in rows:
                ref = BlobRef(organisation_id, bytes(digest), size)
                blob = PackedBlob(ref, codec, store, stored, data and bytes(data), location, position, key_id)
                if wrong := _damage(blob, sizes, deep=deep):
                    text = f"blob {ref.hash.hex()} of organisation {organisation_id}: {wrong}"
                    yield Finding(text, blob=blob)


def _damage(blob: PackedBlob, sizes: dict[str, int], *, deep: bool) -> str:
    if blob.store == blobs.SEGMENT:
        if blob.location not in sizes:
            sizes[blob.location] = blobs.segments().size(blob.location)
        if (blob.position or 0) + blob.stored_size > sizes[blob.location]:
            return f"it is not in segment {blob.location}"
    if deep:
        try:
            data = blobs.read(blob)
        except BlobMissingError as error:
            return str(error)
        if len(data) != blob.ref.size or blake3(data).digest() != blob.ref.hash:
            return "its bytes are not those that came in"
    return ""


def repair(findings: list[Finding]) -> list[str]:
    """Mend what is derived (counters, usage, packs, logs), and look for lost blobs elsewhere. Return what was done.

    A blob that is found nowhere stays lost until the same bytes come again.
    """
    done = []
    folders = {finding.folder for finding in findings if finding.folder is not None}
    logs = {finding.folder for finding in findings if finding.folder is not None and finding.log}
    counted = {finding.mailbox_id for finding in findings if finding.mailbox_id is not None}
    for mailbox_id in sorted(counted | {folder.mailbox_id for folder in folders}):
        perform(_recount(mailbox_id, {ref for ref in folders if ref.mailbox_id == mailbox_id}, logs))
        done.append(f"mailbox {mailbox_id}: counted anew")
    if any(finding.derived for finding in findings):
        perform(_remove_orphans())
        done.append("packs, snapshots and log rows of lost folders removed")
    done += _find_again([finding.blob for finding in findings if finding.blob is not None])
    return done


def _find_again(damaged: list[PackedBlob]) -> list[str]:
    """Look for other copies of blobs whose segment is lost or damaged: equal bytes that came twice lie there twice."""
    lost = {(b.ref.organisation_id, b.ref.hash): b for b in damaged if b.store == blobs.SEGMENT}
    store = blobs.segments()
    done = []
    for segment in store.names() if lost else ():
        for record, place in store.records(segment):
            key = record.organisation_id, record.hash
            if (blob := lost.get(key)) is None or (place.segment, place.position) == (
                blob.location,
                blob.position,
            ):
                continue
            copy = replace(
                blob,
                codec=record.codec,
                key_id=record.key_id,
                stored_size=record.stored_size,
                location=place.segment,
                position=place.position,
            )
            if _damage(copy, {}, deep=True):
                continue
            perform(_name_again(copy, blob.location))
            del lost[key]
            done.append(
                f"blob {record.hash.hex()} of organisation {record.organisation_id}: found in {segment}"
            )
    return done


def _name_again(copy: PackedBlob, was: str) -> Plan[None]:
    yield Run(
        blob_sql.FOUND_AGAIN,
        {
            "segment": copy.location,
            "position": copy.position,
            "stored_size": copy.stored_size,
            "codec": copy.codec,
            "key_id": copy.key_id,
            "organisation_id": copy.ref.organisation_id,
            "hash": copy.ref.hash,
            "was": was,
        },
    )


def _recount(mailbox_id: int, refs: set[FolderRef], logs: set[FolderRef]) -> Plan[None]:
    yield Run(sql.LOCK_ALL_FOLDERS, [mailbox_id])
    for ref in refs:
        params = {"mailbox_id": mailbox_id, "folder_id": ref.folder_id}
        yield Run(sql.REPAIR_COUNTERS, params)
        if ref in logs:
            yield Run(sql.FORGET_LOG, params)
            yield Run(sql.FORGET_LOG_ROWS, params)
            yield Run(sql.FORGET_SNAPSHOT, params)
        yield Run(sql.REPAIR_MARKS, params)
    # A folder made meanwhile is not locked; what comes into it waits here.
    yield Run(locks.LOCK_USAGE, [[mailbox_id]])
    yield Run(sql.REPAIR_USAGE, {"mailbox_id": mailbox_id})


def _remove_orphans() -> Plan[None]:
    for statement in sql.REPAIR_ORPHANS:
        yield Run(statement)
