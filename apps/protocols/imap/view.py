r"""One client's picture of a folder, and what to tell it next.

The server may change a folder at any time, but a client numbers messages by what it has been told. A view
keeps the difference: which messages are gone without the client knowing, up to which uid it knows of arrivals,
and up to which modseq it knows of flags. Everything else is the `FolderState` it shares with everyone else, so
a view of a hundred thousand messages takes a few hundred bytes.

EXPUNGE may only be said when the client waits for no numbers: never in answer to FETCH, STORE or SEARCH
(RFC 3501 7.4.1, 5.5), and not while no command is in progress. Until then a message that is gone keeps its number.

\Recent (RFC 3501 2.3.2): uids from `recent_from` on are new to every session; the session that is told of them
first, and may change the folder, has them as recent. Who is first is counted beside the folder, not here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .folder import RECENT, Bits, FolderState, Uids, frozen, gone_from, place_of, places_of, rows_of

NO_EXPUNGE = frozenset({"FETCH", "STORE", "SEARCH"})
"""The commands during which a message must not lose its number; their UID forms are free (RFC 3501 7.4.1)."""

_NONE: Uids = frozen(np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Expunged:
    """These message numbers are gone, largest first, so that none shifts another; `uids` for VANISHED."""

    numbers: Sequence[int]
    uids: Uids


@dataclass(frozen=True, slots=True)
class Exists:
    """The folder has so many messages now, so many of them recent to this session."""

    messages: int
    recent: int


@dataclass(frozen=True, slots=True, eq=False)
class FlagsChanged:
    """These messages have other flags now."""

    numbers: Uids
    uids: Uids
    flags: Bits
    modseqs: Bits
    more: Mapping[int, str]
    """Keywords without a bit, by place."""


@dataclass(frozen=True, slots=True, eq=False)
class ModSeqChanged:
    """These messages have the flags the client asked for, silently; only their modseq is news (RFC 7162 3.1.3)."""

    numbers: Uids
    uids: Uids
    modseqs: Bits


type Owed = Expunged | Exists | FlagsChanged | ModSeqChanged


@dataclass(frozen=True, slots=True, eq=False)
class Silent:
    """The client set flags itself and wants no answer: what it believes of them now."""

    uids: Uids
    add: int = 0
    remove: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Messages a client named and that still exist: number, uid, and row in the state's arrays."""

    numbers: Uids
    uids: Uids
    rows: NDArray[np.intp]
    gone: int = 0
    """How many of those it named are gone, which it was not told yet."""


class View:
    """One client's picture of one folder, as one user sees it."""

    __slots__ = ("_hidden", "_recent", "_told", "_uidnext", "read_only", "state", "user_id")

    def __init__(
        self, state: FolderState, *, user_id: int = 0, recent_from: int = 2**32, read_only: bool = False
    ) -> None:
        self.state = state
        self.user_id = user_id
        self.read_only = read_only
        self._told = state.modseq
        self._uidnext = state.uidnext
        self._hidden = _NONE
        self._recent: list[tuple[int, int]] = []
        self._claim(recent_from, state.uidnext)

    @property
    def _shown(self) -> int:
        """How many rows of the state the client knows of."""
        if self._uidnext >= self.state.uidnext:
            return self.state.exists
        return place_of(self.state.uids, self._uidnext)

    @property
    def exists(self) -> int:
        """How many messages the client counts."""
        return self._shown + int(self._hidden.size)

    @property
    def uids(self) -> Uids:
        """The uids of the messages the client counts, in its order."""
        shown = self.state.uids[: self._shown]
        return np.sort(np.concatenate((shown, self._hidden))) if self._hidden.size else shown

    @property
    def recent(self) -> int:
        """How many of them are recent to this session."""
        if not self._recent:
            return 0
        uids = self.uids
        return sum(place_of(uids, high) - place_of(uids, low) for low, high in self._recent)

    def largest(self, *, by_uid: bool) -> int:
        """Return what `*` means: the last number, or the last uid; 0 in an empty folder."""
        return (int(self.uids[-1]) if by_uid else self.exists) if self.exists else 0

    def select(self, ranges: Sequence[tuple[int, int]], *, by_uid: bool) -> Selection | None:
        """Return the messages of sorted, disjoint ranges; None when a message number is beyond the last."""
        uids = self.uids
        if by_uid:
            bounds = [(place_of(uids, low), place_of(uids, high + 1)) for low, high in ranges]
        elif ranges and ranges[-1][1] > uids.size:
            return None
        else:
            bounds = [(low - 1, high) for low, high in ranges]
        places = _concatenate([np.arange(low, high, dtype=np.intp) for low, high in bounds if high > low])
        if not self._hidden.size:
            return Selection((places + 1).astype(np.uint32), uids[places], places)
        named = uids[places]
        rows = np.searchsorted(self.state.uids, named)
        rows[rows == self.state.exists] = 0
        there = self.state.uids[rows] == named if self.state.exists else np.zeros(named.size, bool)
        gone = int(named.size - np.count_nonzero(there))
        return Selection((places[there] + 1).astype(np.uint32), named[there], rows[there], gone)

    def flags(self, selection: Selection) -> Bits:
        r"""Return the flags of messages as this session sees them, \Recent among them."""
        return self._with_recent(selection.uids, self.state.flags[selection.rows])

    def absorb(self, state: FolderState) -> None:
        """Look at a newer state without telling the client anything, so that the old one can be let go."""
        old = self.state
        if state is old or state.modseq < old.modseq:
            return
        shown = old.uids[: self._shown]
        kept = place_of(state.uids, self._uidnext)
        if kept != shown.size:
            gone = gone_from(shown, state.uids[:kept])
            self._hidden = frozen(np.sort(np.concatenate((self._hidden, gone))))
        self.state = state

    def update(
        self,
        state: FolderState,
        *,
        may_expunge: bool,
        recent_from: int = 2**32,
        silent: Silent | None = None,
    ) -> list[Owed]:
        """Move to a newer state and return what the client is owed, in the order to say it."""
        quiet = self._agreed(state, silent) if silent is not None else _NONE
        self.absorb(state)
        state = self.state
        owed: list[Owed] = []
        if may_expunge and self._hidden.size:
            numbers = np.searchsorted(self.uids, self._hidden) + 1
            owed.append(Expunged(numbers[::-1].tolist(), self._hidden))
            self._hidden = _NONE
        before, known = self.exists, self._uidnext
        if state.uidnext > known:
            self._uidnext = state.uidnext
            self._claim(max(recent_from, known), state.uidnext)
            if self.exists != before:
                owed.append(Exists(self.exists, self.recent))
        if state.modseq > self._told:
            owed += self._flags_owed(known, quiet)
            self._told = state.modseq
        return owed

    def _flags_owed(self, known: int, quiet: Uids) -> list[Owed]:
        """Return the news of flags, of messages below the uid `known` only: others the client will ask for."""
        state = self.state
        rows = np.flatnonzero(state.modseqs > np.uint64(self._told))
        rows = rows[: place_of(state.uids[rows], known)]
        if not rows.size:
            return []
        owed: list[Owed] = []
        hushed = np.zeros(rows.size, bool)
        hushed[rows_of(state.uids[rows], quiet)] = True
        numbers = rows + 1 + np.searchsorted(self._hidden, state.uids[rows])
        if not hushed.all():
            loud = rows[~hushed]
            uids = state.uids[loud]
            flags = self._with_recent(uids, state.flags[loud])
            more = places_of(state.more, uids)
            count = numbers[~hushed].astype(np.uint32)
            owed.append(FlagsChanged(count, uids, flags, state.modseqs[loud], more))
        if hushed.any():
            still = rows[hushed]
            owed.append(
                ModSeqChanged(numbers[hushed].astype(np.uint32), state.uids[still], state.modseqs[still])
            )
        return owed

    def _agreed(self, state: FolderState, silent: Silent) -> Uids:
        """Return the uids whose new flags are what the client believes, given what it was told before."""
        # Another client's change of the same message between two of our looks must be told: it is not silent.
        old, new = self.state, state if state.modseq >= self.state.modseq else self.state
        uids = new.uids[new.rows(silent.uids)]
        before = old.rows(uids)
        uids = old.uids[before]
        believed = (old.flags[before] & ~np.uint64(silent.remove)) | np.uint64(silent.add)
        told = old.modseqs[before] <= np.uint64(self._told)
        agreed: Uids = uids[told & (believed == new.flags[new.rows(uids)])]
        return agreed

    def _claim(self, low: int, high: int) -> None:
        """Take the uids from `low` to below `high` as recent to this session."""
        if low >= high or self.state.uids.size == 0 or self.state.uids[-1] < low:
            return
        if self._recent and self._recent[-1][1] == low:
            low = self._recent.pop()[0]
        self._recent.append((low, high))

    def _with_recent(self, uids: Uids, flags: Bits) -> Bits:
        if not self._recent or not uids.size or int(uids[-1]) < self._recent[0][0]:
            return flags
        flags = flags.copy()
        for low, high in self._recent:
            flags[place_of(uids, low) : place_of(uids, high)] |= np.uint64(RECENT)
        return flags


def _concatenate(parts: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.intp)
