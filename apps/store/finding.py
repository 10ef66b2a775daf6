"""What people look for, found a page at a time: newest first, in bounded work, going on where it stopped.

Conditions that rows can answer are asked of the database over stretches of messages; only of what is left are
envelopes decoded or messages read, and when the time for one answer is over, whoever asked gets what was found and a
cursor. IMAP's search (`search.py`) answers whole folders from packs instead.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from apps.events.transactions import Plan, Row, ask, query
from apps.protocols.imap import envelope
from apps.protocols.imap import search as tree
from apps.protocols.imap.search import Key
from apps.protocols.imap.structure import filenames
from apps.protocols.searching import ANYWHERE, PLACES, Search

from . import blobs
from .blobs import BlobRef, PackedBlob
from .conditions import SEEN_BY, Conditions
from .message_rows import MessageRow, row_of
from .search import body_holds, field_holds, fold, text_holds, words_of
from .sql import finding as sql
from .sql import lists
from .values import FolderRef

MOST_ROWS = 200
SECONDS = 0.25
"""So long one answer may take, by and large."""

STRETCHES = (2_000, 10_000, 20_000)
AT_ONCE, READ_AT_ONCE = 500, 100
"""So many messages are looked at together, and so many where they must be read."""

# Of one message so much is searched; in a larger one, what stands first.
READ_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was found, newest first; with `cursor` there may be more, even if nothing was found yet."""

    rows: tuple[MessageRow, ...]
    cursor: str | None
    examined: int


def search(
    mailbox_id: int,
    what: Search,
    *,
    folder: FolderRef | None = None,
    limit: int = 50,
    after: str = "",
    user_id: int = 0,
    seconds: float = SECONDS,
) -> SearchPage:
    """Search a mailbox, or one folder of it; folders that were typed go before `folder`.

    Without either, everything is searched but Trash and Junk. `after` is the cursor of the page before. `user_id` is
    given where the mailbox keeps read marks for each member.
    """
    limit = min(max(limit, 1), MOST_ROWS)
    ends = time.monotonic() + seconds
    return ask(_search(mailbox_id, what, folder, limit, after, user_id, lambda: time.monotonic() < ends))


def _search(
    mailbox_id: int,
    what: Search,
    folder: FolderRef | None,
    limit: int,
    after: str,
    user_id: int,
    go_on: Callable[[], bool],
) -> Plan[SearchPage]:
    folders = _folders((yield from query(sql.FOLDERS, [mailbox_id])), what, folder)
    below = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 2**62
    if not folders:
        return SearchPage((), None, 0)
    keywords: dict[int, str] = dict((yield from query(lists.KEYWORDS, [mailbox_id])))
    conditions = Conditions({name.lower(): bit for bit, name in keywords.items()}, user_id)
    whole = conditions.bounds(what.key)
    by_uid = len(folders) == 1
    looker = _Looker(what.key, conditions)
    statement = sql.candidates(
        by_uid=by_uid,
        needs=whole.needs,
        known=looker.known,
        flags=f"m.flags & ~1::bigint | ({SEEN_BY})::int" if user_id else "m.flags",
        structure=any(isinstance(leaf, tree.Filename) for leaf in conditions.leaves),
    )
    params = conditions.params | {
        "mailbox": mailbox_id,
        "folder": folders[0],
        "folders": folders,
        "user": user_id,
    }
    reads = any(_is_read(leaf) for leaf, one in conditions.leaves.items() if not one.is_exact)
    most = limit if whole.is_exact else READ_AT_ONCE if reads else AT_ONCE
    found: dict[int, MessageRow] = {}
    examined, stretches = 0, iter(STRETCHES)
    stretch = STRETCHES[0]
    while True:
        stretch = next(stretches, stretch)
        place = {"below": below, "stretch": stretch}
        [(low, count)] = yield from query(sql.stretch(by_uid=by_uid), params | place)
        if not count:
            return SearchPage(tuple(found.values()), None, examined)
        examined += count
        full = True
        while full:
            rows = yield from query(statement, params | {"low": low, "below": below, "most": most})
            full = len(rows) == most
            answers = yield from looker.answers(rows)
            for row, holds in zip(rows, answers, strict=True):
                below = row[1] if by_uid else row[7]
                if row[7] not in found and holds():
                    found[row[7]] = row_of(row, keywords)
                if len(found) == limit or not go_on():
                    return SearchPage(tuple(found.values()), str(below), examined)
            if not full:
                below = low
            if not go_on():
                return SearchPage(tuple(found.values()), str(below), examined)


def _folders(rows: Sequence[Row], what: Search, folder: FolderRef | None) -> list[int]:
    """Return the folders to search."""
    hidden = {"\\Trash", "\\Junk"}
    named = [name for name in what.folders if name.lower() != ANYWHERE]
    if named:
        chosen = {row[0] for name in named for row in rows if _is_meant(name, row)}
    elif folder is not None and not what.folders:
        chosen = {folder.folder_id} & {row[0] for row in rows}
    else:
        chosen = {row[0] for row in rows if what.folders or row[2] not in hidden}
    chosen -= {row[0] for name in what.not_in for row in rows if _is_meant(name, row)}
    return sorted(chosen)


def _is_meant(name: str, row: Row) -> bool:
    low = name.lower()
    place = PLACES.get(low)
    if place is not None and place in (row[1], row[2]):
        return True
    full = row[1].lower()
    return low in (full, full.rpartition("/")[2])


class _Looker:
    """Looks at candidates: at what the rows say of each leaf first, then at the envelope, then at the message."""

    def __init__(self, key: Key, conditions: Conditions) -> None:
        self.key = key
        self.places = {leaf: n for n, leaf in enumerate(conditions.leaves)}
        self.exact = {leaf for leaf, condition in conditions.leaves.items() if condition.is_exact}
        self.known = (
            f"ARRAY[{', '.join(condition.enough for condition in conditions.leaves.values())}]::bool[]"
        )
        self.tests: dict[Key, Callable[[bytes], bool]] = {}

    def answers(self, rows: Sequence[Row]) -> Plan[list[Callable[[], bool]]]:
        """Return for each candidate how to learn whether the whole tree holds for it; messages are found at once."""
        known = [self._holds(self.key, row, None) for row in rows]
        wanted = [row for row, answer in zip(rows, known, strict=True) if answer is None]
        found = iter((yield from _blobs(wanted)))
        return [
            partial(bool, answer) if answer is not None else partial(self._read, row, next(found))
            for row, answer in zip(rows, known, strict=True)
        ]

    def _read(self, row: Row, blob: PackedBlob | None) -> bool:
        if blob is None:
            return False
        prefix = bytes(row[21])
        return bool(self._holds(self.key, row, prefix + blobs.read(blob, 0, READ_BYTES)))

    def _holds(self, key: Key, row: Row, data: bytes | None) -> bool | None:
        """Answer, or return None where only the message can tell and is not there."""
        match key:
            case tree.And(keys):
                return _all(self._holds(one, row, data) for one in keys)
            case tree.Or(left, right):
                neither = _all(_turned(self._holds(one, row, data)) for one in (left, right))
                return _turned(neither)
            case tree.Not(inner):
                return _turned(self._holds(inner, row, data))
        sure = bool(row[17][self.places[key]])
        if sure or key in self.exact:
            return sure
        match key:
            case tree.Header(name, value) if name in envelope.ADDRESSES and value and row[15] is not None:
                return envelope.may_hold(row[15], name, words_of(fold(value))) and (
                    fold(value) in fold(envelope.field(row[15], name) or "")
                )
            case tree.Filename(value):
                return any(fold(value) in fold(name) for name in filenames(row[18]))
        return None if data is None else self._test(key)(data)

    def _test(self, key: Key) -> Callable[[bytes], bool]:
        if key not in self.tests:
            self.tests[key] = _test_of(key)
        return self.tests[key]


def _turned(answer: bool | None) -> bool | None:  # noqa: FBT001 (the value turned)
    return None if answer is None else not answer


def _all(answers: Iterable[bool | None]) -> bool | None:
    """Say whether all hold, looking no further than the first that does not."""
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown |= answer is None
    return None if unknown else True


def _is_read(key: Key) -> bool:
    """Whether a leaf the rows do not know is looked for in the message itself."""
    match key:
        case tree.Header(name, value):
            return name not in envelope.ADDRESSES or not value
        case tree.Filename():
            return False
    return True


def _test_of(key: Key) -> Callable[[bytes], bool]:
    match key:
        case tree.Text(value):
            return text_holds(fold(value))
        case tree.Body(value):
            return body_holds(fold(value))
        case tree.Header(name, value):
            return field_holds(name, fold(value))
    return lambda _: False


def _blobs(rows: Sequence[Row]) -> Plan[list[PackedBlob | None]]:
    """Find the bytes of candidates; a blob that is lost is for `store check` to tell."""
    refs = [BlobRef(row[19], bytes(row[20]), row[6] - len(row[21])) for row in rows]
    if not refs:
        return []
    try:
        return list((yield from blobs.get_many(refs)))
    except blobs.BlobMissingError:
        found: list[PackedBlob | None] = []
        for ref in refs:
            try:
                found += yield from blobs.get_many([ref])
            except blobs.BlobMissingError:
                found.append(None)
        return found
