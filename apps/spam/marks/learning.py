r"""Learning from what people mark, by reading the logs of folders; a mark counts once, whatever happens meanwhile.

`$Junk` and `$NotJunk` are a person's word: `mailflow.refile` sets them where somebody moves mail into or out of \Junk, and
programs set them. The filter never does, so that it cannot learn from itself. The log only says which messages to look
at. What is learned is how a message is marked *now*, against what was learned of it before (`Trained`): so a log may
be read twice, a mark may be taken back, and of ten changes of mind the last counts. Junk to Trash leaves the mark as it is.

A portion is one transaction: counts, what was counted, and the cursor. Learners of one mailbox wait for nobody: the
second leaves it to the first. What is counted is a mailbox's own; what others see of it, `levels` makes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import django.db
import psycopg
from django.conf import settings

from apps.events.transactions import Plan, Run, perform, query
from apps.protocols.imap.envelope import people
from apps.spam.learning.features import Features
from apps.spam.models import Cursor, Trained
from apps.spam.reputation import services as senders
from apps.spam.reputation.identities import Identity, of_prefix
from apps.spam.services import judgements
from apps.store import blobs
from apps.store.blobs import BlobMissingError, BlobRef, PackedBlob
from apps.store.flags import JUNK, NOT_JUNK
from apps.store.ranges import parse_multirange
from apps.store.values import FolderRef

from . import sql, weights
from .counting import Delta, count, packed, unpacked
from .own import Lesson as Step
from .own import Own
from .values import Apart, Learnt, tokens_of

log = logging.getLogger(__name__)

AT_ONCE = 100
"""So many marks are learned from in one transaction."""
MOST = 2000
"""So many in one turn of one folder, so that somebody who marks everything does not keep others waiting."""
FOLDERS_AT_ONCE = 200
CHANGES_AT_ONCE = 20
READ_BYTES = 4 * 1024 * 1024
"""Of a larger message the beginning is read, as the judge does."""
FORGET_AT_ONCE = 20_000

AWAY = (psycopg.OperationalError, django.db.OperationalError, django.db.InterfaceError)
Label = Trained.Label
MARKS = Cursor.Purpose.MARKS.value
_WORDS = {Label.BAD.value: "spam", Label.GOOD.value: "ham", None: ""}
GONE, UNREADABLE = "moved on or removed before it was read", "could not be read"


def is_due() -> bool:
    """Whether anybody marked anything."""
    return bool(perform(query(sql.DUE, [1])))


def learn_due(apart: Apart, may_go_on: Callable[[], bool] = lambda: True) -> Learnt:
    """Learn from every mark there is, a portion of each folder in turn."""
    total, portions = Learnt(), dict[FolderRef, int]()
    while may_go_on():
        due = [FolderRef(*row) for row in perform(query(sql.DUE, [FOLDERS_AT_ONCE]))]
        due = [folder for folder in due if portions.get(folder, 0) < MOST // AT_ONCE]
        if not due:
            break
        for folder in due:
            if not may_go_on():
                break
            portions[folder] = portions.get(folder, 0) + 1
            learnt = _learn_from(folder, apart)
            if learnt is None:
                portions[folder] = MOST  # Another learner is at it, or it failed.
            else:
                total.add(learnt)
    if total.skipped:
        log.warning("marks not learned from", extra={"why": total.skipped})
    return total


def _learn_from(folder: FolderRef, apart: Apart) -> Learnt | None:
    """Learn from one portion; None if there is nothing to be had now. One folder's fault keeps no other waiting."""
    try:
        return perform(learn(folder, apart))
    except AWAY:
        raise
    except Exception:
        log.exception(
            "folder not learned from", extra={"mailbox": folder.mailbox_id, "folder": folder.folder_id}
        )
        return None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A message that was marked, and what it stands for now and before."""

    uid: int
    content_id: int
    now: int | None
    before: int | None
    counted: bytes = b""
    steps: bytes = b""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What is learned of one message."""

    found: Features
    names: tuple[Identity, ...]
    steps: bytes = b""


def learn(folder: FolderRef, apart: Apart) -> Plan[Learnt | None]:
    """Learn from one portion of a folder's marks; None if another learner has its mailbox."""
    if not (yield from query(sql.ONE_LEARNER, [folder.mailbox_id]))[0][0]:
        return None
    rows = yield from query(sql.CURSOR, [folder.folder_id, folder.mailbox_id])
    if not rows:
        yield Run(sql.DROP_CURSOR, [folder.folder_id])
        return Learnt()
    [(stands, since, done)] = rows
    changes = yield from query(sql.NEXT, [folder.mailbox_id, folder.folder_id, since, CHANGES_AT_ONCE])
    part = _portion(changes, since, done)
    learnt = (yield from _learn(folder, part.uids, apart)) if part.uids else Learnt()
    learnt.more = part.is_cut or len(changes) == CHANGES_AT_ONCE
    modseq = part.modseq if learnt.more else max(stands, part.modseq)
    yield Run(sql.MOVE_CURSOR, [MARKS, folder.folder_id, folder.mailbox_id, modseq, part.uid])
    return learnt


@dataclass(frozen=True, slots=True)
class _Portion:
    """Messages to look at; then all changes up to `modseq` are done with, and of the next one all up to `uid`."""

    uids: list[int]
    modseq: int
    uid: int = 0
    is_cut: bool = False


def _portion(changes: Sequence[tuple[int, str]], modseq: int, done: int) -> _Portion:
    uids: dict[int, None] = {}
    for changed_at, text in changes:
        for first, last in parse_multirange(text):
            for uid in range(max(first, done + 1), last + 1):
                if len(uids) == AT_ONCE:
                    return _Portion(list(uids), modseq, done, is_cut=True)
                uids[uid] = None
                done = uid
        modseq, done = changed_at, 0
    return _Portion(list(uids), modseq)


def _learn(folder: FolderRef, uids: list[int], apart: Apart) -> Plan[Learnt]:
    marks = yield from _marks(folder, uids)
    changed = [mark for mark in marks if mark.now != mark.before]
    learnt = Learnt(same=len(marks) - len(changed))
    if unseen := len(uids) - len(marks):
        # Nothing was learned of them, and nothing can be: their bytes are out of reach, or they bear no mark any more.
        learnt.skipped[GONE] = unseen
    lessons = yield from _lessons(folder, [mark for mark in changed if mark.now is not None], apart, learnt)
    delta = Delta()
    kept: list[_Mark] = []
    own = (yield from weights.load(folder.mailbox_id)) if changed else Own()
    for mark in changed:
        if mark.now is not None and mark.content_id not in lessons:
            continue  # It could not be read: what was learned of it before stays as it is.
        kept.append(mark)
        if mark.before is not None and mark.steps:  # What is too old to be taken back stays counted.
            delta.add(unpacked(mark.counted), mark.before, -1)
            if (step := Step.read(mark.steps)) is not None:
                own.add(step, -1)
        if mark.now is not None:
            found = lessons[mark.content_id].found
            delta.add(tokens_of(found), mark.now, 1)
            step = own.learn(found, is_spam=mark.now == Label.BAD, before=apart.before(found))
            lessons[mark.content_id] = replace(lessons[mark.content_id], steps=step.pack())
            learnt.learned += 1
        else:
            learnt.unlearned += 1
    yield from _keep(folder, marks, kept, lessons, apart)
    if kept:
        yield from weights.keep(folder.mailbox_id, own)
    if kept or learnt.skipped:
        yield from count(folder.mailbox_id, delta, learnt)
    return learnt


def _marks(folder: FolderRef, uids: list[int]) -> Plan[list[_Mark]]:
    """Return what is known of these messages, each content once; what is nowhere any more is left out."""
    where = {"mailbox": folder.mailbox_id, "folder": folder.folder_id, "uids": uids}
    found: dict[int, _Mark] = {}
    for uid, content_id, flags, before, counted, steps in (yield from query(sql.MARKED, where)):
        if content_id is not None and flags is not None:
            found[content_id] = _Mark(uid, content_id, label_of(flags), before, counted or b"", steps or b"")
    return list(found.values())


def label_of(flags: int) -> int | None:
    """Return what a message is marked as; None if it is marked as nothing, or as both."""
    match bool(flags & JUNK), bool(flags & NOT_JUNK):
        case True, False:
            return Label.BAD.value
        case False, True:
            return Label.GOOD.value
    return None


def _lessons(
    folder: FolderRef, marks: Sequence[_Mark], apart: Apart, learnt: Learnt
) -> Plan[dict[int, _Lesson]]:
    """Read messages and take them apart, one in memory at a time; those that cannot be read are counted."""
    if not marks:
        return {}
    rows = yield from query(sql.CONTENTS, [folder.mailbox_id, [mark.content_id for mark in marks]])
    refs = [BlobRef(row[1], row[2], row[3]) for row in rows]
    lessons: dict[int, _Lesson] = {}
    for row, blob in zip(rows, (yield from blobs.find_many(refs)), strict=True):
        try:
            lessons[row[0]] = _Lesson(apart.features(_read(blob)), _names(row[4], row[5]))
        except Exception as error:
            known = isinstance(error, BlobMissingError)
            log.warning("message not learned from", extra={"content": row[0]}, exc_info=not known)
            learnt.skipped[UNREADABLE] = learnt.skipped.get(UNREADABLE, 0) + 1
    return lessons


def _names(prefix: bytes, envelope: bytes) -> tuple[Identity, ...]:
    """Return whose mail it is, by what was found when it came."""
    authors = [*people(envelope, "from", 1)]
    return of_prefix(authors, prefix, settings.MAIL_HOSTNAME).identities()


def _read(packed: PackedBlob | None) -> bytes:
    if packed is None:
        raise BlobMissingError("no such blob")
    return blobs.read(packed, 0, READ_BYTES)


def _keep(
    folder: FolderRef,
    marks: Sequence[_Mark],
    kept: Sequence[_Mark],
    lessons: dict[int, _Lesson],
    apart: Apart,
) -> Plan[None]:
    """Remember what was counted of each message, and where it is now."""
    now = [mark for mark in kept if mark.now is not None]
    if now:
        columns = [
            [mark.content_id for mark in now],
            [mark.now for mark in now],
            [mark.uid for mark in now],
            [apart.version] * len(now),
            [packed(tokens_of(lessons[mark.content_id].found)) for mark in now],
            [lessons[mark.content_id].steps for mark in now],
        ]
        yield Run(sql.REMEMBER, [folder.mailbox_id, folder.folder_id, *columns])
    gone = [mark.content_id for mark in kept if mark.now is None]
    if gone:
        yield Run(sql.FORGET, [folder.mailbox_id, gone])
    if followed := [mark for mark in marks if mark.now is not None and mark.now == mark.before]:
        ids, uids = [mark.content_id for mark in followed], [mark.uid for mark in followed]
        yield Run(sql.FOLLOW, [folder.folder_id, ids, uids, folder.mailbox_id])
    said = {
        mark.content_id: (mark.now, lessons[mark.content_id].names) for mark in now if mark.now is not None
    }
    yield from senders.say(folder.mailbox_id, said, gone)
    yield from _tell(folder.mailbox_id, kept)


def _tell(mailbox_id: int, kept: Sequence[_Mark]) -> Plan[None]:
    """Write what people said beside how their mail was judged, for whoever compares the two."""
    for now, word in _WORDS.items():
        if ids := [mark.content_id for mark in kept if mark.now == now]:
            yield from judgements.mark(mailbox_id, ids, label=word)


def forget(mailbox_id: int) -> Plan[int]:
    """Take some of what was learned of a mailbox, and of all that belongs to it; return how much, 0 if nothing is left."""
    for statement in (sql.FORGET_TOKENS, sql.FORGET_TRAINED):
        [(gone,)] = yield from query(statement, [mailbox_id, mailbox_id, FORGET_AT_ONCE])
        if gone:
            return int(gone)
    if gone := (yield from senders.forget(mailbox_id, FORGET_AT_ONCE)):
        return gone
    for statement in sql.FORGET_REST:
        yield Run(statement, [mailbox_id])
    return 0
