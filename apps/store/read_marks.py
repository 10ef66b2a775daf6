r"""A folder as each of its readers sees it, where the mailbox keeps \Seen for each member.

What all see is one `FolderState`, kept by `folder_cache`. Here are the read marks of those who look, and for each
of them the state with the marks laid over: flags and modseqs are copies, the rest is shared. All marks are as of the
same modseq of the folder, `at`; a state made of newer marks and older log would hide changes from a client.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from apps.protocols.imap.folder import FolderState, ReadMarks, with_private_seen

from .ranges import parse_multirange

MOST_READERS = 100
"""The marks of so many users are kept with a folder; of more if more look at it at the same time."""


class Readers:
    """Those who look at one folder with read marks of their own."""

    __slots__ = ("_base", "_marks", "_states", "at")

    def __init__(self) -> None:
        self.at = -1
        self._marks: OrderedDict[int, ReadMarks] = OrderedDict()
        self._base: FolderState | None = None
        self._states: dict[int, FolderState] = {}

    @property
    def nbytes(self) -> int:
        """The memory of what the readers do not share."""
        return sum(state.flags.nbytes + state.modseqs.nbytes for state in self._states.values())

    def add(self, users: Iterable[int]) -> None:
        """Take users in, whose marks are read next, and forget others that have not looked for long."""
        looking = set(users)
        for user_id in looking:
            if user_id not in self._marks:
                self._marks[user_id] = ReadMarks()
                self.at = -1
            self._marks.move_to_end(user_id)
        while len(self._marks) > max(MOST_READERS, len(looking)):
            user_id, _ = self._marks.popitem(last=False)
            self._states.pop(user_id, None)

    def forget(self) -> None:
        """Forget every mark, but not whose are wanted: the folder was read anew, perhaps from a backup."""
        self._marks = OrderedDict.fromkeys(self._marks, ReadMarks())
        self._states.clear()
        self.at = -1

    def wanted(self) -> tuple[list[int], list[int]]:
        """Return who looks, and up to which modseq their marks are known."""
        return list(self._marks), [marks.modseq for marks in self._marks.values()]

    def learn(self, rows: Sequence[Sequence[Any]], at: int) -> None:
        """Take rows (user, modseq, uids, changed_at, changed) of `store_seen`: nothing newer is there as of `at`."""
        for user_id, modseq, uids, changed_at, changed in rows:
            changes = [(when, parse_multirange(what)) for when, what in zip(changed_at, changed, strict=True)]
            self._marks[user_id] = ReadMarks(modseq, parse_multirange(uids), changes)
            self._states.pop(user_id, None)
        self.at = at

    def state(self, user_id: int, base: FolderState) -> FolderState | None:
        """Return the folder as a user sees it; None when the marks are not those of that moment."""
        marks = self._marks.get(user_id)
        if marks is None or self.at != base.modseq:
            return None
        if self._base is not base:
            self._base = base
            self._states.clear()
        state = self._states.get(user_id)
        if state is None:
            state = self._states[user_id] = with_private_seen(base, marks)
        return state
