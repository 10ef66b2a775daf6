r"""Remembering senders: by the marks on their mail, and by whom people wrote to (the folder \Sent is read for it)."""

import logging
from collections.abc import Callable, Mapping, Sequence

from apps.events.transactions import Plan, Run, perform, query
from apps.protocols.imap import envelope as envelopes
from apps.spam.marks import sql as marks
from apps.spam.models import Cursor
from apps.store.values import FolderRef

from . import sql
from .identities import Identity, key_of, registered
from .lookalikes import look_of_domain, look_of_name

log = logging.getLogger(__name__)

VOICES = 3
LETTERS_AT_ONCE = 500
FOLDERS_AT_ONCE = 200
PEOPLE_AT_ONCE = 100
LETTERS = Cursor.Purpose.LETTERS.value


def say(
    mailbox_id: int, said: Mapping[int, tuple[int, Sequence[Identity]]], forgotten: Sequence[int]
) -> Plan[None]:
    """Remember, by content, what somebody said of whose mail; and forget what was said of other contents."""
    if not said and not forgotten:
        return
    yield Run(sql.FORGET_SAID, [mailbox_id, [*said, *forgotten]])
    rows = [
        (name.kind.value, name.name, content_id, label)
        for content_id, (label, names) in said.items()
        for name in names
    ]
    if rows:
        yield Run(sql.SAY, [mailbox_id, *(list(column) for column in zip(*rows, strict=True))])


def read_letters(may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Read what was sent since the last time; return how many letters."""
    total = 0
    while may_go_on():
        due = perform(query(sql.SENT, [FOLDERS_AT_ONCE]))
        read = 0
        for mailbox_id, folder_id, modseq, _, uid in due:
            if not may_go_on():
                break
            read += perform(_read(FolderRef(mailbox_id, folder_id), modseq, uid))
        total += read
        if not read and len(due) < FOLDERS_AT_ONCE:
            break
    return total


def _read(folder: FolderRef, modseq: int, uid: int) -> Plan[int]:
    """Read one portion of a folder; two that read it at once wait for each other, and the second has nothing to do."""
    if not (yield from query(marks.ONE_LEARNER, [folder.mailbox_id]))[0][0]:
        return 0
    where = [folder.mailbox_id, folder.folder_id]
    rows = yield from query(sql.LETTERS_READ, [folder.folder_id])
    uid = max(uid, rows[0][0] if rows else 0)
    letters = yield from query(sql.LETTERS, [*where, uid, LETTERS_AT_ONCE])
    yield from _know(folder.mailbox_id, letters)
    done = len(letters) < LETTERS_AT_ONCE
    last = letters[-1][0] if letters else uid
    yield Run(
        marks.MOVE_CURSOR,
        [LETTERS, folder.folder_id, folder.mailbox_id, modseq if done else 0, last],
    )
    return len(letters)


def _know(mailbox_id: int, letters: Sequence[tuple[int, bytes, int]]) -> Plan[None]:
    people: dict[str, list[object]] = {}
    for _, packed, at in letters:
        for field in ("to", "cc", "bcc"):
            for name, text in envelopes.people(packed, field, PEOPLE_AT_ONCE):
                if not (key := key_of(text)[:320]):
                    continue
                name = name.replace("\0", "")[:200]
                domain = look_of_domain(registered(key.rpartition("@")[2]))
                row = people.setdefault(key, [key, name, look_of_name(name), domain, 0, float(at)])
                row[4] = int(str(row[4])) + 1
                row[5] = max(float(str(row[5])), float(at))
                if name:
                    row[1], row[2] = name, look_of_name(name)
    if people:
        columns = [list(column) for column in zip(*(people[key] for key in sorted(people)), strict=True)]
        yield Run(sql.KNOW, [mailbox_id, *columns])


def count_standings() -> int:
    """Make what organisations say of senders anew; return how many changed."""
    return len(perform(query(sql.STANDINGS, {"voices": VOICES})))


def forget(mailbox_id: int, at_once: int) -> Plan[int]:
    """Take some of what is remembered of a mailbox's senders; return how much."""
    for statement in sql.FORGET_MAILBOX:
        [(gone,)] = yield from query(statement, [mailbox_id, mailbox_id, at_once])
        if gone:
            return int(gone)
    return 0
