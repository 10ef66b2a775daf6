r"""What a person does with messages: move, delete, archive, junk, star, read, label. Doors call these, and `undo`.

Moving into the folder for junk sets $Junk, and moving out of it, unless to Trash, $NotJunk: the spam filter learns
from that, and `verdict` is the one place that says so. Programs that move or copy over IMAP have `transfer`, which
keeps no record, for they know no undo. Each other call is done in transactions of a thousand messages and leaves one record that `undo.py` takes back;
"all 12,408 in Inbox" is thirteen of them, while whoever asked waits. Who may do it is the caller's to ask.
"""

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass

from apps.events.transactions import Plan, Run, perform, query
from apps.events.wake import Job
from apps.spam.services import judgements
from apps.store.flags import FLAGGED, JUNK, NONE, NOT_JUNK, SEEN, Flags
from apps.store.ranges import Ranges, count, normalise, of_uids
from apps.store.services import folders, messages
from apps.store.services.transfers import Transferred
from apps.store.values import Copied, Expunged, FlagsSet, FolderRef, NoFolder

from . import sql_refile as sql

AT_ONCE = 1000
INBOX = "INBOX"


class Kind(enum.StrEnum):
    """What was done."""

    MOVE = "move"
    DELETE = "delete"
    ARCHIVE = "archive"
    JUNK = "junk"
    NOT_JUNK = "not_junk"
    STAR = "star"
    UNSTAR = "unstar"
    READ = "read"
    UNREAD = "unread"
    LABEL = "label"
    UNLABEL = "unlabel"


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand it is, in which mailbox; `private_seen` where the mailbox keeps read marks for each member."""

    mailbox_id: int
    user_id: int
    private_seen: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Messages of one folder; `messages.ALL` chooses all."""

    folder_id: int
    uids: Ranges


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with how many messages; `undo` is None if it was nothing. `target` is where they are now."""

    kind: Kind
    messages: int
    undo: int | None
    target: FolderRef | None = None
    missing_folder: bool = False


def move(hand: Hand, chosen: Sequence[Chosen], *, to: int) -> Done:
    """Move messages to a folder of the same mailbox."""
    return _refile(hand, chosen, Kind.MOVE, FolderRef(hand.mailbox_id, to))


def delete(hand: Hand, chosen: Sequence[Chosen]) -> Done:
    """Move messages to Trash; what is there stays there."""
    return _refile(hand, chosen, Kind.DELETE, _special(hand, "\\Trash"))


def archive(hand: Hand, chosen: Sequence[Chosen]) -> Done:
    """Move messages to the archive."""
    return _refile(hand, chosen, Kind.ARCHIVE, _special(hand, "\\Archive"))


def junk(hand: Hand, chosen: Sequence[Chosen]) -> Done:
    """Say that messages are junk, and move them there."""
    return _refile(hand, chosen, Kind.JUNK, _special(hand, "\\Junk"))


def not_junk(hand: Hand, chosen: Sequence[Chosen]) -> Done:
    """Say that messages are no junk; those among the junk go to INBOX."""
    inbox = perform(folders.inbox(hand.mailbox_id))
    return _refile(hand, chosen, Kind.NOT_JUNK, inbox)


def star(hand: Hand, chosen: Sequence[Chosen], *, on: bool = True) -> Done:
    r"""Set or remove \Flagged."""
    return _mark(hand, chosen, Kind.STAR if on else Kind.UNSTAR, Flags(FLAGGED), on=on)


def mark_read(hand: Hand, chosen: Sequence[Chosen], *, on: bool = True) -> Done:
    r"""Set or remove \Seen."""
    return _mark(hand, chosen, Kind.READ if on else Kind.UNREAD, Flags(SEEN), on=on)


def see(hand: Hand, chosen: Sequence[Chosen]) -> None:
    r"""Set \Seen because somebody opened messages: no deed of theirs, so there is nothing to take back."""
    for folder, uids in _chunks(hand, chosen):
        perform(
            messages.set_flags(
                folder, uids, add=Flags(SEEN), user_id=hand.user_id if hand.private_seen else 0
            )
        )


def label(hand: Hand, chosen: Sequence[Chosen], name: str, *, on: bool = True) -> Done:
    """Give messages a label, which is a keyword (RFC 9051 2.3.2), or take it away.

    Raises ValueError for a name that cannot be a keyword.
    """
    if not is_label(name):
        raise ValueError(f"no label can be called {name!r}")
    return _mark(hand, chosen, Kind.LABEL if on else Kind.UNLABEL, Flags.named(name), on=on, detail=name)


def is_label(name: str) -> bool:
    """Whether a label can be called so: an atom that is no system flag."""
    return (
        0 < len(name) <= 100
        and not name.startswith(("\\", "$"))
        and all("!" <= character <= "~" and character not in '(){%*"\\]' for character in name)
    )


def erase(hand: Hand, chosen: Sequence[Chosen]) -> int:
    """Remove messages for good, which nobody can take back; return how many."""
    gone = 0
    for folder, uids in _chunks(hand, chosen):
        result = perform(messages.expunge(folder, uids, only_deleted=False))
        gone += count(result.uids) if isinstance(result, Expunged) else 0
    return gone


def transfer(
    source: FolderRef, target: FolderRef, uids: Ranges, *, user_id: int = 0, leave: bool = False
) -> Plan[Transferred]:
    """Move messages, or copy them where they also `leave` themselves behind, and say what that says of junk.

    A copy is marked as a moved message is: a program without MOVE copies and then removes.
    """
    act = messages.copy if leave else messages.move
    copied = yield from act(source, target, uids, user_id=user_id)
    if not isinstance(copied, Copied) or source == target:
        return copied
    folders_of = [source.mailbox_id, target.mailbox_id], [source.folder_id, target.folder_id]
    uses: dict[int, str] = dict((yield from query(sql.USES, folders_of)))
    add, remove = verdict(uses.get(source.folder_id, ""), uses.get(target.folder_id, ""))
    if add:
        yield from messages.set_flags(target, _placed(copied), add=add, remove=remove)
        yield Job.LEARN
    if (said := _said(uses.get(source.folder_id, ""), uses.get(target.folder_id, ""))) is not None:
        [(first, last), *_] = _placed(copied)
        yield from judgements.mark_placed(
            target.mailbox_id, target.folder_id, (first, last), state=said[0], label=said[1]
        )
    return copied


def _said(came_from: str, goes_to: str) -> tuple[str, str | None] | None:
    """Return what becomes of a judgement where a message comes to the junk or leaves it: its state and its label."""
    if came_from == goes_to:
        return None
    if goes_to == "\\Junk":
        return "junk", "spam"
    if came_from == "\\Junk":
        return ("deleted", None) if goes_to == "\\Trash" else ("released", "ham")
    return None


def set_flags(
    folder: FolderRef,
    uids: Ranges,
    *,
    add: Flags = NONE,
    remove: Flags = NONE,
    replace: Flags | None = None,
    unchanged_since: int | None = None,
    user_id: int = 0,
) -> Plan[FlagsSet | NoFolder]:
    """Set flags as a program over IMAP wishes; whoever learns from marks is woken where one of them may be meant."""
    result = yield from messages.set_flags(
        folder,
        uids,
        add=add,
        remove=remove,
        replace=replace,
        unchanged_since=unchanged_since,
        user_id=user_id,
    )
    if isinstance(result, FlagsSet) and result.changed and (replace is not None or is_mark(add | remove)):
        yield Job.LEARN
    return result


def is_mark(flags: Flags) -> bool:
    """Whether flags are what the spam filter learns from."""
    return bool(flags.mask & (JUNK | NOT_JUNK))


def verdict(came_from: str, goes_to: str) -> tuple[Flags, Flags]:
    """Return which flags to set and to remove where a message goes from one special folder to another."""
    if goes_to == "\\Junk":
        return Flags(JUNK), Flags(NOT_JUNK)
    if came_from == "\\Junk" and goes_to != "\\Trash":
        return Flags(NOT_JUNK), Flags(JUNK)
    return NONE, NONE


def chosen_of(mailbox_id: int, content_ids: Sequence[int], *, folder_id: int = 0) -> list[Chosen]:
    """Return where messages are, by their ids, in all folders or in one."""
    rows = perform(query(sql.PLACES, [mailbox_id, list(content_ids), folder_id, folder_id]))
    places: dict[int, list[int]] = {}
    for folder, uid in rows:
        places.setdefault(folder, []).append(uid)
    return [Chosen(folder, of_uids(uids)) for folder, uids in places.items()]


def _special(hand: Hand, special_use: str) -> FolderRef:
    return perform(folders.ensure_special(hand.mailbox_id, special_use))


def _chunks(hand: Hand, chosen: Sequence[Chosen]) -> list[tuple[FolderRef, Ranges]]:
    """Divide what is chosen and there into portions of one transaction each."""
    portions: list[tuple[FolderRef, Ranges]] = []
    for one in chosen:
        ref = FolderRef(hand.mailbox_id, one.folder_id)
        ranges = normalise(one.uids)
        params = {
            "mailbox": hand.mailbox_id,
            "folder": one.folder_id,
            "lows": [low for low, _ in ranges],
            "highs": [high for _, high in ranges],
        }
        uids = [row[0] for row in perform(query(sql.CHOSEN, params))]
        portions += [(ref, of_uids(uids[first : first + AT_ONCE])) for first in range(0, len(uids), AT_ONCE)]
    return portions


def _refile(hand: Hand, chosen: Sequence[Chosen], kind: Kind, target: FolderRef | None) -> Done:
    ids = [one.folder_id for one in chosen] + ([target.folder_id] if target else [])
    known = {row[0]: (row[1], row[2]) for row in perform(query(sql.FOLDERS, [hand.mailbox_id, ids]))}
    if target is None or target.folder_id not in known:
        return Done(kind, 0, None, missing_folder=True)
    name, use = known[target.folder_id]
    total, record = 0, _Record(hand, kind, name)
    for source, uids in _chunks(hand, chosen):
        came_from = known[source.folder_id][1]
        if kind == Kind.NOT_JUNK and came_from != "\\Junk":
            total += perform(record.portion(_say(source, uids, Flags(NOT_JUNK), Flags(JUNK))))
        elif source != target:
            total += perform(record.portion(_move(source, target, uids, came_from, use)))
    return Done(kind, total, record.close(total), target)


def _mark(
    hand: Hand, chosen: Sequence[Chosen], kind: Kind, flags: Flags, *, on: bool, detail: str = ""
) -> Done:
    total, record = 0, _Record(hand, kind, detail)
    eyes = hand.user_id if hand.private_seen and flags.mask & SEEN else 0
    for folder, uids in _chunks(hand, chosen):
        total += perform(record.portion(_set(folder, uids, flags, on=on, eyes=eyes)))
    return Done(kind, total, record.close(total))


type Step = dict[str, object]
type Steps = tuple[int, list[Step]]
"""How many messages were changed, and what takes it back."""


class _Record:
    """The record of one call, begun with its first portion."""

    def __init__(self, hand: Hand, kind: Kind, detail: str) -> None:
        self.hand, self.kind, self.detail = hand, kind, detail
        self.id: int | None = None

    def portion(self, plan: Plan[Steps]) -> Plan[int]:
        """Do a portion and note how to take it back, in one transaction."""
        record = self.id
        if record is None:
            begin = [self.hand.mailbox_id, self.hand.user_id, self.kind.value, self.detail]
            record = (yield from query(sql.BEGIN, begin))[0][0]
        else:
            yield Run(sql.LOCK, [record, self.hand.user_id])
        total, steps = yield from plan
        yield Run(sql.ADD, [json.dumps(steps), total, record])
        self.id = record
        return total

    def close(self, total: int) -> int | None:
        """Return the record's id; one of nothing is dropped."""
        if self.id is not None and not total:
            perform(query(sql.DROP, [self.id]))
            self.id = None
        return self.id


def _move(source: FolderRef, target: FolderRef, uids: Ranges, came_from: str, goes_to: str) -> Plan[Steps]:
    copied = yield from messages.move(source, target, uids)
    if not isinstance(copied, Copied):
        return 0, []
    total = count(copied.source_uids)
    placed = _placed(copied)
    contents = yield from _contents(target, placed)
    steps: list[Step] = [
        {
            "do": "move",
            "from": source.folder_id,
            "to": target.folder_id,
            "first": copied.first_uid,
            "contents": contents,
        }
    ]
    add, remove = verdict(came_from, goes_to)
    if add:
        steps += (yield from _say(target, placed, add, remove))[1]
    return total, steps


def _placed(copied: Copied) -> Ranges:
    """Return the uids that messages have where they went."""
    return [(copied.first_uid, copied.first_uid + count(copied.source_uids) - 1)]


def _say(folder: FolderRef, uids: Ranges, add: Flags, remove: Flags) -> Plan[Steps]:
    """Set one flag and remove another, each with a step of its own, for each has a former state of its own."""
    first, steps = yield from _set(folder, uids, add, on=True, eyes=0)
    second, more = yield from _set(folder, uids, remove, on=False, eyes=0)
    return max(first, second), steps + more


def _set(folder: FolderRef, uids: Ranges, flags: Flags, *, on: bool, eyes: int) -> Plan[Steps]:
    result = yield from messages.set_flags(
        folder, uids, add=flags if on else NONE, remove=NONE if on else flags, user_id=eyes
    )
    if not isinstance(result, FlagsSet) or not result.changed:
        return 0, []
    if is_mark(flags):
        yield Job.LEARN
    contents = yield from _contents(folder, result.changed)
    step: Step = {
        "do": "set" if on else "remove",
        "in": folder.folder_id,
        "mask": flags.mask,
        "names": list(flags.names),
        "eyes": eyes,
        "contents": contents,
    }
    return count(result.changed), [step]


def _contents(folder: FolderRef, uids: Ranges) -> Plan[list[tuple[int, int]]]:
    rows = yield from query(
        sql.CONTENTS,
        {
            "mailbox": folder.mailbox_id,
            "folder": folder.folder_id,
            "lows": [low for low, _ in uids],
            "highs": [high for _, high in uids],
        },
    )
    return of_uids(row[0] for row in rows)
