"""A folder as everyone sees it at one moment: numbers only, immutable, shared by all who look.

The arrays are read-only numpy arrays, so a hundred clients with one folder open share one copy. A change makes
a new state out of the old one and the folder's log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Uids = NDArray[np.uint32]
type Bits = NDArray[np.uint64]

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT, RECENT = (1 << bit for bit in range(6))

APPEND, ADD, REMOVE, REPLACE, EXPUNGE = range(1, 6)
"""What a line of a folder's log says happened to its uids."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """At `modseq` this happened to the uids of these ranges, both ends included.

    `mask` holds the flags a message arrived with, or those added, removed or set instead of the old ones;
    `names` the same for keywords that no bit was left for.
    """

    modseq: int
    op: int
    mask: int
    ranges: Sequence[tuple[int, int]]
    names: tuple[str, ...] = ()


def frozen[T: np.generic](array: NDArray[T]) -> NDArray[T]:
    """Return the array, read-only from now on."""
    array.flags.writeable = False
    return array


def expand(ranges: Iterable[tuple[int, int]]) -> Uids:
    """Return the numbers of ranges, both ends included."""
    parts = [np.arange(low, high + 1, dtype=np.uint32) for low, high in ranges]
    return np.concatenate(parts) if parts else np.empty(0, np.uint32)


def as_ranges(numbers: NDArray[Any]) -> list[tuple[int, int]]:
    """Return ascending numbers as ranges, both ends included."""
    if not numbers.size:
        return []
    cuts = np.flatnonzero(np.diff(numbers) != 1)
    lows = numbers[np.concatenate(([0], cuts + 1))].tolist()
    highs = numbers[np.concatenate((cuts, [numbers.size - 1]))].tolist()
    return list(zip(lows, highs, strict=True))


def place_of(uids: Uids, uid: int) -> int:
    """Return how many of the ascending uids are below `uid`.

    The type matters: for a plain integer numpy converts the whole array first.
    """
    return int(uids.searchsorted(np.uint32(uid))) if uid < 2**32 else int(uids.size)


def gone_from(before: Uids, after: Uids) -> Uids:
    """Return what is in `before` and not in `after`, which holds nothing else, both ascending."""
    count = before.size - after.size
    if count > _FEW:
        lost = np.ones(before.size, bool)
        lost[np.searchsorted(before, after)] = False
        return before[lost]
    gone: list[int] = []
    at = 0
    while len(gone) < count:
        shift = len(gone)
        differs = before[at + shift : after.size + shift] != after[at:]
        step = int(differs.argmax()) if differs.size else 0
        if not differs.size or not differs[step]:
            gone += before[after.size + shift :].tolist()
            break
        at += step
        gone.append(int(before[at + shift]))
    return np.array(gone, np.uint32)


def places_of(more: Mapping[int, tuple[str, ...]], uids: Uids) -> Mapping[int, str]:
    """Return keywords by place among `uids` instead of by uid."""
    if not more:
        return NO_MORE
    return {
        int(place): " ".join(more[int(uids[place])]) for place in np.flatnonzero(np.isin(uids, list(more)))
    }


def names_of(more: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the keywords without a bit that messages have, by name, the first `MOST_NAMES` of them.

    A client is told of them in one line; those left out can be set and are told of with their messages all the same.
    """
    return tuple(sorted({name for names in more.values() for name in names})[:MOST_NAMES])


def rows_of(haystack: Uids, needles: Uids) -> NDArray[np.intp]:
    """Return where in the ascending haystack each of the needles stands that is in it at all."""
    at = np.searchsorted(haystack, needles)
    inside = at < haystack.size
    at = at[inside]
    found: NDArray[np.intp] = at[haystack[at] == needles[inside]]
    return found


NO_MORE: Mapping[int, str] = MappingProxyType({})
"""No keywords beyond those that have a bit, as nearly always."""

MOST_NAMES = 500

_FEW = 16
"""For so many changes, one look at the whole array for each is cheaper than to look all its members up."""

_NO_BITS: Bits = frozen(np.empty(0, np.uint64))
_NO_UIDS: Uids = frozen(np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True, eq=False)
class FolderState:
    """A folder at `modseq`: uids ascending, with the flags and the modseq of each."""

    mailbox_id: int
    folder_id: int
    uidvalidity: int
    uidnext: int = 1
    modseq: int = 1
    uids: Uids = field(default_factory=lambda: _NO_UIDS)
    flags: Bits = field(default_factory=lambda: _NO_BITS)
    modseqs: Bits = field(default_factory=lambda: _NO_BITS)
    names: tuple[str | None, ...] = ()
    """The name of each flag bit of the mailbox; those a mailbox has no name for are None."""
    more: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Keywords that no bit was left for, by uid; empty nearly always."""

    @property
    def exists(self) -> int:
        """How many messages there are."""
        return int(self.uids.size)

    @property
    def unseen(self) -> int:
        """How many are not read."""
        return self.exists - int(np.count_nonzero(self.flags & np.uint64(SEEN)))

    @property
    def nbytes(self) -> int:
        """The memory of the arrays."""
        return self.uids.nbytes + self.flags.nbytes + self.modseqs.nbytes

    def first_unseen(self) -> int:
        """Return the number (from 1) of the first message not read, 0 if there is none."""
        unread = (self.flags & np.uint64(SEEN)) == 0
        at = int(unread.argmax()) if unread.size else 0
        return at + 1 if unread.size and unread[at] else 0

    def rows(self, uids: Uids) -> NDArray[np.intp]:
        """Return the places of those uids that exist."""
        return rows_of(self.uids, uids)

    def replay(self, lines: Sequence[LogLine]) -> "FolderState":
        """Return the state after these lines, oldest first; lines it already contains change nothing."""
        lines = [line for line in lines if line.modseq > self.modseq]
        if not lines:
            return self
        uids, flags, modseqs = self._with_room_for(lines)
        dead: list[tuple[int, int]] = []
        for line in lines:
            mask, stamp = np.uint64(line.mask), np.uint64(line.modseq)
            for low, high in line.ranges:
                here = slice(place_of(uids, low), place_of(uids, high + 1))
                if line.op == EXPUNGE:
                    dead.append((here.start, here.stop))
                    continue
                if line.op == ADD:
                    flags[here] |= mask
                elif line.op == REMOVE:
                    flags[here] &= ~mask
                else:
                    flags[here] = mask
                modseqs[here] = stamp
        if dead:
            uids, flags, modseqs = _without(uids, dead), _without(flags, dead), _without(modseqs, dead)
        more = self.more
        if more or any(line.names for line in lines):
            more = MappingProxyType(_names_after(more, lines, uids))
        appended = [high + 1 for line in lines if line.op == APPEND for _, high in line.ranges]
        return replace(
            self,
            uids=frozen(uids),
            flags=frozen(flags),
            modseqs=frozen(modseqs),
            uidnext=max([self.uidnext, *appended]),
            more=more,
            modseq=lines[-1].modseq,
        )

    def _with_room_for(self, lines: Sequence[LogLine]) -> tuple[Uids, Bits, Bits]:
        """Return arrays to change, with the uids the lines append; uids not written to are the old array."""
        new = expand(pair for line in lines if line.op == APPEND for pair in line.ranges)
        if not new.size:
            if all(line.op == EXPUNGE or not line.ranges for line in lines):
                return self.uids, self.flags, self.modseqs
            return self.uids, self.flags.copy(), self.modseqs.copy()
        new.sort()
        empty = np.zeros(new.size, np.uint64)
        uids = np.concatenate((self.uids, new))
        flags, modseqs = np.concatenate((self.flags, empty)), np.concatenate((self.modseqs, empty))
        if self.uids.size and new[0] <= self.uids[-1]:
            # Only a repair can bring a uid that is not above all others.
            uids, first = np.unique(uids, return_index=True)
            flags, modseqs = flags[first], modseqs[first]
        return uids, flags, modseqs


def _without[T: np.generic](array: NDArray[T], dead: Sequence[tuple[int, int]]) -> NDArray[T]:
    """Return an array without these stretches."""
    if len(dead) > _FEW:
        alive = np.ones(array.size, bool)
        for first, end in dead:
            alive[first:end] = False
        return array[alive]
    kept, at = [], 0
    for first, end in sorted(dead):
        kept.append(array[at : max(first, at)])
        at = max(at, end)
    return np.concatenate([*kept, array[at:]])


def _names_after(
    more: Mapping[int, tuple[str, ...]], lines: Sequence[LogLine], uids: Uids
) -> dict[int, tuple[str, ...]]:
    """Return the keywords without a bit after these lines; only of `uids`, which are what exists then."""
    after = dict(more)
    for line in lines:
        names = set(line.names)
        if names and line.op in {APPEND, ADD, REPLACE}:
            touched = uids[rows_of(uids, expand(line.ranges))].tolist()
        else:
            touched = [uid for uid in after if any(low <= uid <= high for low, high in line.ranges)]
        for uid in touched:
            old = set(after.get(uid, ()))
            if line.op == ADD:
                names_now = old | names
            elif line.op == REMOVE:
                names_now = old - names
            else:
                names_now = set() if line.op == EXPUNGE else names
            after[uid] = tuple(sorted(names_now))
    return {uid: names for uid, names in after.items() if names}


@dataclass(frozen=True, slots=True)
class ReadMarks:
    r"""What one user has read of a folder whose mailbox keeps \Seen for each member.

    `ranges` are the uids read. `changes` says at which modseq which marks changed, oldest first.
    """

    modseq: int = 0
    ranges: Sequence[tuple[int, int]] = ()
    changes: Sequence[tuple[int, Sequence[tuple[int, int]]]] = ()


def with_private_seen(state: FolderState, marks: ReadMarks) -> FolderState:
    """Return the folder as a user sees it who has these read marks, all as of the state's modseq."""
    flags = state.flags & ~np.uint64(SEEN)
    for here in _stretches(state.uids, marks.ranges):
        flags[here] |= np.uint64(SEEN)
    modseqs = state.modseqs
    if marks.changes:
        modseqs = modseqs.copy()
        for modseq, ranges in marks.changes:
            for here in _stretches(state.uids, ranges):
                modseqs[here] = np.maximum(modseqs[here], np.uint64(modseq))
        frozen(modseqs)
    return replace(state, flags=frozen(flags), modseqs=modseqs)


def _stretches(uids: Uids, ranges: Sequence[tuple[int, int]]) -> list[slice | NDArray[np.intp]]:
    """Return where the uids of ranges stand: a stretch for each of a few, or all places of many."""
    if len(ranges) <= _FEW:
        return [slice(place_of(uids, low), place_of(uids, high + 1)) for low, high in ranges]
    lows, highs = np.array(ranges, np.uint32).T
    starts, ends = np.searchsorted(uids, lows), np.searchsorted(uids, highs, side="right")
    steps = np.bincount(starts, minlength=uids.size + 1) - np.bincount(ends, minlength=uids.size + 1)
    return [np.flatnonzero(np.cumsum(steps[: uids.size]))]
