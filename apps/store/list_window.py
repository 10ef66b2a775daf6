"""A window on a folder's list: any stretch of it, of messages or of conversations, in a handful of statements.

Which uids stand where is decided over arrays in memory, so the hundred-thousandth row costs what the first does;
the database is asked for the rows of one page.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apps.events.transactions import Plan, ask, query
from apps.protocols.imap.folder import EXPUNGE, FLAGGED, SEEN, FolderState, Uids, expand, rows_of

from .folder_cache import log_lines
from .folder_states import STATES
from .list_facts import FACTS, Facts
from .message_rows import MessageRow, row_of
from .sql import lists as sql
from .sql import reading
from .values import FolderRef

MOST_ROWS = 200
"""A page has at most so many rows."""

MOST_CHANGES = 500
"""Whoever missed more starts the list anew."""


class Order(enum.StrEnum):
    """What a list is sorted by; newest, latest, largest first, texts from A to Z."""

    ARRIVAL = "arrival"
    DATE = "date"
    FROM = "from"
    SUBJECT = "subject"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages are in the list: those for which all hold that is asked for."""

    unread: bool = False
    starred: bool = False
    attachment: bool = False
    label: str = ""


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Window:
    """Rows from `start` on, of `total` that match the filter; the folder stood at `modseq`."""

    total: int
    start: int
    rows: tuple[MessageRow, ...]
    modseq: int
    uidvalidity: int
    messages: int
    unread: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a folder since a modseq; with `reset` it is too much or too long ago to tell."""

    modseq: int
    messages: int
    unread: int
    reset: bool = False
    vanished: tuple[int, ...] = ()
    new: tuple[MessageRow, ...] = ()
    changed: tuple[MessageRow, ...] = ()


def window(
    folder: FolderRef,
    *,
    start: int,
    count: int,
    order: Order = Order.ARRIVAL,
    reverse: bool = False,
    filter: Filter = EVERYTHING,  # noqa: A002 (the word for it)
    grouped: bool = False,
    user_id: int = 0,
) -> Window | None:
    """Return a stretch of a folder's list, or None if the mailbox has no such folder.

    With `grouped` a row stands for a conversation and shows its first message in the list's order. `user_id` is
    given where the mailbox keeps read marks for each member.
    """
    start, count = max(start, 0), min(max(count, 0), MOST_ROWS)
    return ask(_window(folder, start, count, order, filter, user_id, reverse=reverse, grouped=grouped))


def _window(
    folder: FolderRef,
    start: int,
    count: int,
    order: Order,
    chosen: Filter,
    user_id: int,
    *,
    reverse: bool,
    grouped: bool,
) -> Plan[Window | None]:
    state = yield from STATES.current(folder, user_id=user_id)
    if state is None:
        return None
    facts = None
    if grouped or chosen.attachment or order != Order.ARRIVAL:
        facts = yield from FACTS.of(folder, state)
    uids = _matching(state, chosen, facts)
    if order == Order.ARRIVAL or facts is None:
        uids = uids[::-1]
    else:
        uids = yield from _sorted(folder, uids, order, facts)
    if reverse:
        uids = uids[::-1]
    groups: dict[int, list[int]] | None = None
    if grouped and facts is not None:
        threads = _threads(uids, facts)
        _, first = np.unique(threads, return_index=True)
        first.sort()
        total = int(first.size)
        first = first[start : start + count]
        groups = _groups(uids, threads, first)
        uids = uids[first]
    else:
        total = int(uids.size)
        uids = uids[start : start + count]
    rows = yield from rows_by_uid(folder, state, uids.tolist())
    if groups is not None:
        rows = [_grouped(row, groups.get(row.uid, [row.uid]), state) for row in rows]
    return Window(total, start, tuple(rows), state.modseq, state.uidvalidity, state.exists, state.unseen)


@dataclass(frozen=True, slots=True)
class Page:
    """The newest rows below a uid; `following` is where the next page begins, None at the end."""

    rows: tuple[MessageRow, ...]
    following: int | None
    modseq: int
    uidvalidity: int
    messages: int
    unread: int


def page(
    folder: FolderRef,
    *,
    below: int = 2**32,
    count: int,
    filter: Filter = EVERYTHING,  # noqa: A002 (the word for it)
    user_id: int = 0,
) -> Page | None:
    """Return rows by falling uid, for who goes through a folder from the newest message to the oldest.

    Unlike a window's, a page's place is not moved by what comes or goes meanwhile. None if the mailbox has no such
    folder.
    """
    return ask(_page(folder, below, min(max(count, 1), MOST_ROWS), filter, user_id))


def _page(folder: FolderRef, below: int, count: int, chosen: Filter, user_id: int) -> Plan[Page | None]:
    state = yield from STATES.current(folder, user_id=user_id)
    if state is None:
        return None
    facts = (yield from FACTS.of(folder, state)) if chosen.attachment else None
    uids = _matching(state, chosen, facts)
    uids = uids[: int(np.searchsorted(uids, below))]
    wanted = uids[-count:][::-1].tolist()
    rows = yield from rows_by_uid(folder, state, wanted)
    following = wanted[-1] if uids.size > len(wanted) else None
    return Page(tuple(rows), following, state.modseq, state.uidvalidity, state.exists, state.unseen)


def _matching(state: FolderState, chosen: Filter, facts: Facts | None) -> Uids:
    """Return the uids a filter holds for, ascending."""
    keep = np.ones(state.uids.size, bool)
    if chosen.unread:
        keep &= (state.flags & np.uint64(SEEN)) == 0
    if chosen.starred:
        keep &= (state.flags & np.uint64(FLAGGED)) != 0
    if chosen.label:
        keep &= _labelled(state, chosen.label.lower())
    if chosen.attachment and facts is not None:
        keep &= np.isin(state.uids, facts.uids[facts.attached])
    return state.uids[keep]


def _labelled(state: FolderState, label: str) -> NDArray[np.bool_]:
    for bit, name in enumerate(state.names):
        if name is not None and name.lower() == label:
            there: NDArray[np.bool_] = (state.flags & np.uint64(1 << bit)) != 0
            return there
    named = [uid for uid, names in state.more.items() if label in names]
    return np.isin(state.uids, np.array(named, np.uint32))


def _sorted(folder: FolderRef, uids: Uids, order: Order, facts: Facts) -> Plan[Uids]:
    """Return uids in an order other than that of their arrival; of equals the newest first."""
    if order in {Order.FROM, Order.SUBJECT}:
        everyone = yield from FACTS.sorted(folder, facts, order.value)
        return everyone[np.isin(everyone, uids)]
    at = rows_of(facts.uids, uids)
    keys = (facts.dates if order == Order.DATE else facts.sizes)[at]
    return facts.uids[at][np.lexsort((facts.uids[at], keys))[::-1]]


def _threads(uids: Uids, facts: Facts) -> NDArray[np.int64]:
    """Return the conversation of each uid; one whose facts are not known yet is its own."""
    if not facts.uids.size:
        return -uids.astype(np.int64) - 1
    at = np.minimum(np.searchsorted(facts.uids, uids), facts.uids.size - 1)
    return np.where(facts.uids[at] == uids, facts.threads[at], -uids.astype(np.int64) - 1)


def _groups(uids: Uids, threads: NDArray[np.int64], first: NDArray[np.intp]) -> dict[int, list[int]]:
    """Return, by the uid that is shown, all uids of its conversation in the order of the list."""
    shown = dict(zip(threads[first].tolist(), uids[first].tolist(), strict=True))
    members: dict[int, list[int]] = {uid: [] for uid in shown.values()}
    here = np.isin(threads, threads[first])
    for thread, uid in zip(threads[here].tolist(), uids[here].tolist(), strict=True):
        members[shown[thread]].append(uid)
    return members


def _grouped(row: MessageRow, members: Sequence[int], state: FolderState) -> MessageRow:
    at = state.rows(np.array(sorted(members), np.uint32))
    flags = state.flags[at]
    unread = int(np.count_nonzero((flags & np.uint64(SEEN)) == 0))
    starred = FLAGGED if bool((flags & np.uint64(FLAGGED)).any()) else 0
    return replace(row, uids=tuple(members), unread=unread, flags=row.flags | starred)


def rows_by_uid(folder: FolderRef, state: FolderState, uids: Sequence[int]) -> Plan[list[MessageRow]]:
    """Return the rows of these uids in their order, flags as the state has them; those that are gone are left out."""
    if not uids:
        return []
    found = yield from query(sql.ROWS, [folder.mailbox_id, folder.folder_id, list(uids)])
    keywords = {bit: name for bit, name in enumerate(state.names) if name is not None and bit >= 20}
    known = np.array(sorted(uids), np.uint32)
    at = state.rows(known)
    flags = dict(zip(state.uids[at].tolist(), state.flags[at].tolist(), strict=True))
    rows = {row[1]: row_of(row, keywords, flags=flags.get(row[1])) for row in found}
    return [rows[uid] for uid in uids if uid in rows]


def changes_since(folder: FolderRef, modseq: int, *, user_id: int = 0) -> Changes | None:
    """Return what happened in a folder since a modseq, or None if the mailbox has no such folder."""
    return ask(_changes(folder, modseq, user_id))


def _changes(folder: FolderRef, since: int, user_id: int) -> Plan[Changes | None]:
    state = yield from STATES.current(folder, user_id=user_id)
    if state is None:
        return None
    now = Changes(state.modseq, state.exists, state.unseen)
    if since >= state.modseq:
        return replace(now, reset=since > state.modseq)
    params = {
        "mailbox": folder.mailbox_id,
        "folder": folder.folder_id,
        "since": since,
        "limit": MOST_CHANGES + 1,
    }
    rows = yield from query(reading.SINCE, params)
    if not rows or rows[0][3] > since or len(rows) > MOST_CHANGES:
        return replace(now, reset=True)
    lines = [
        line
        for line in log_lines([row[4:] for row in rows if row[4] is not None])
        if line.modseq <= state.modseq
    ]
    spans = [pair for line in lines for pair in line.ranges]
    if sum(high - low + 1 for low, high in spans) > MOST_CHANGES:
        return replace(now, reset=True)
    came = set(expand(pair for line in lines if line.op == 1 for pair in line.ranges).tolist())
    gone = set(expand(pair for line in lines if line.op == EXPUNGE for pair in line.ranges).tolist())
    touched = state.uids[state.modseqs > np.uint64(since)].tolist()
    if len(touched) > MOST_CHANGES:
        return replace(now, reset=True)
    found = yield from rows_by_uid(folder, state, touched[::-1])
    return replace(
        now,
        vanished=tuple(sorted(gone - came)),
        new=tuple(row for row in found if row.uid in came),
        changed=tuple(row for row in found if row.uid not in came),
    )
