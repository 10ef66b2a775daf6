"""Each client's picture of a folder equals the folder, whatever two clients and the world do to it.

A client here knows nothing but the bytes it is sent: it counts EXISTS, drops EXPUNGE and VANISHED, and believes
FETCH, as RFC 3501 7 asks of it.
"""

import re

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apps.protocols.imap.folder import (
    ADD,
    APPEND,
    DELETED,
    EXPUNGE,
    RECENT,
    REMOVE,
    REPLACE,
    FolderState,
    LogLine,
    ReadMarks,
    as_ranges,
    expand,
    with_private_seen,
)
from apps.protocols.imap.responses import SYSTEM_FLAGS, FlagTable, flags_lines, untagged
from apps.protocols.imap.view import Exists, Expunged, FlagsChanged, ModSeqChanged, Silent, View

TABLE = FlagTable()
LINE = re.compile(rb"\* (?:(\d+) (EXISTS|RECENT|EXPUNGE|FETCH)(?: \((.*)\))?|VANISHED ([\d:,]+))")
CLIENTS = st.sampled_from([0, 1])
FLAGS = st.integers(0, 31)


class Folder:
    """The truth: uids with flags, and the log that leads to it."""

    def __init__(self) -> None:
        self.messages: dict[int, int] = {}
        self.state = FolderState(1, 1, 1)
        self.recent_from = 1

    def log(self, op: int, mask: int, uids: list[int]) -> None:
        ranges = as_ranges(np.array(sorted(uids)))
        self.state = self.state.replay([LogLine(self.state.modseq + 1, op, mask, ranges)])

    def deliver(self, flags: int, count: int) -> None:
        first = self.state.uidnext
        self.messages |= dict.fromkeys(range(first, first + count), flags)
        self.log(APPEND, flags, list(range(first, first + count)))

    def store(self, op: int, mask: int, uids: list[int]) -> None:
        def change(old: int) -> int:
            return old | mask if op == ADD else old & ~mask if op == REMOVE else mask

        changed = [
            uid for uid in uids if uid in self.messages and change(self.messages[uid]) != self.messages[uid]
        ]
        self.messages |= {uid: change(self.messages[uid]) for uid in changed}
        if changed:
            self.log(op, mask, changed)

    def expunge(self, uids: list[int]) -> None:
        gone = [uid for uid in uids if self.messages.pop(uid, None) is not None]
        if gone:
            self.log(EXPUNGE, 0, gone)

    def claim(self) -> int:
        first, self.recent_from = self.recent_from, self.state.uidnext
        return first


class Client:
    """A mail program that believes what it is told."""

    def __init__(self, folder: Folder, *, modern: bool) -> None:
        self.folder, self.modern = folder, modern
        self.view = View(folder.state, recent_from=folder.claim())
        self.count, self.recent = self.view.exists, self.view.recent
        self.picture: list[tuple[int, int] | None] = [None] * self.count
        self.fetch_unknown()

    def hear(self, data: bytes) -> None:
        for line in data.splitlines():
            match = LINE.fullmatch(line)
            assert match, line
            number, verb, rest, vanished = match.groups()
            if vanished:
                gone = set(expand(tuple(map(int, item.split(b":") * 2))[:2] for item in vanished.split(b",")))  # type: ignore[misc]
                before = len(self.picture)
                self.picture = [item for item in self.picture if item is None or item[0] not in gone]
                self.count -= before - len(self.picture)
            elif verb == b"EXISTS":
                assert int(number) >= self.count, "EXISTS never shrinks a folder"
                self.picture += [None] * (int(number) - self.count)
                self.count = int(number)
            elif verb == b"RECENT":
                self.recent = int(number)
            elif verb == b"EXPUNGE":
                del self.picture[int(number) - 1]
                self.count -= 1
            else:
                self.believe(int(number) - 1, rest)

    def believe(self, place: int, items: bytes) -> None:
        known = self.picture[place]
        uid = re.search(rb"UID (\d+)", items)
        flags = re.search(rb"FLAGS \((.*?)\)", items)
        if uid and known:
            assert known[0] == int(uid[1]), "a number means the message it meant before"
        if flags:
            bits = sum(1 << SYSTEM_FLAGS.index(name) for name in flags[1].decode().split())
            if known:
                self.picture[place] = (known[0], bits & ~RECENT)
            elif uid:
                self.picture[place] = (int(uid[1]), bits & ~RECENT)

    def fetch_unknown(self) -> None:
        unknown = [at + 1 for at, item in enumerate(self.picture) if item is None]
        chosen = self.view.select(as_ranges(np.array(unknown)), by_uid=False)
        assert chosen is not None
        self.hear(flags_lines(chosen.numbers, self.view.flags(chosen), TABLE, uids=chosen.uids))

    def sync(self, *, may_expunge: bool, silent: Silent | None = None) -> None:
        owed = self.view.update(
            self.folder.state, may_expunge=may_expunge, recent_from=self.folder.claim(), silent=silent
        )
        self.hear(untagged(owed, TABLE, with_uid=self.modern, with_modseq=self.modern, vanished=self.modern))
        self.fetch_unknown()


class TwoClients(RuleBasedStateMachine):
    """Two mail programs, one folder."""

    @initialize(flags=FLAGS, count=st.integers(0, 6))
    def open(self, flags: int, count: int) -> None:
        self.folder = Folder()
        if count:
            self.folder.deliver(flags, count)
        self.clients = [Client(self.folder, modern=False), Client(self.folder, modern=True)]

    @rule(flags=FLAGS, count=st.integers(1, 3))
    def mail_arrives(self, flags: int, count: int) -> None:
        self.folder.deliver(flags, count)

    @rule(who=CLIENTS)
    def noop(self, who: int) -> None:
        self.clients[who].sync(may_expunge=True)
        self.check(who)

    @rule(who=CLIENTS)
    def look_without_telling(self, who: int) -> None:
        self.clients[who].view.absorb(self.folder.state)

    @rule(who=CLIENTS, data=st.data())
    def fetch(self, who: int, data: st.DataObject) -> None:
        client = self.clients[who]
        client.view.absorb(self.folder.state)
        numbers = sorted(data.draw(st.sets(st.integers(1, max(client.count, 1)))))
        chosen = client.view.select(as_ranges(np.array(numbers)), by_uid=False)
        if chosen is None:
            assert client.count == 0
            return
        assert len(chosen.numbers) + chosen.gone == len(numbers)
        client.hear(flags_lines(chosen.numbers, client.view.flags(chosen), TABLE, uids=chosen.uids))
        client.sync(may_expunge=False)
        self.check_but_for_the_gone(who)

    @rule(
        who=CLIENTS,
        op=st.sampled_from([ADD, REMOVE, REPLACE]),
        mask=FLAGS,
        silent=st.booleans(),
        meanwhile=st.booleans(),
        data=st.data(),
    )
    def store(self, who: int, op: int, mask: int, silent: bool, meanwhile: bool, data: st.DataObject) -> None:
        client = self.clients[who]
        if client.count == 0:
            return
        client.view.absorb(self.folder.state)
        numbers = sorted(data.draw(st.sets(st.integers(1, client.count), min_size=1)))
        chosen = client.view.select(as_ranges(np.array(numbers)), by_uid=False)
        assert chosen is not None
        if meanwhile:  # The other client is a little faster.
            self.folder.store(op, mask ^ 4, chosen.uids.tolist()[:1])
        self.folder.store(op, mask, chosen.uids.tolist())
        if not silent:
            client.sync(may_expunge=False)
        else:
            add, remove = {ADD: (mask, 0), REMOVE: (0, mask), REPLACE: (mask, 31)}[op]
            for number in chosen.numbers.tolist():
                known = client.picture[number - 1]
                assert known
                client.picture[number - 1] = (known[0], known[1] & ~remove | add)
            client.sync(may_expunge=False, silent=Silent(chosen.uids, add, remove))
        self.check_but_for_the_gone(who)

    @rule(who=CLIENTS)
    def expunge(self, who: int) -> None:
        self.folder.expunge([uid for uid, flags in self.folder.messages.items() if flags & DELETED])
        self.clients[who].sync(may_expunge=True)
        self.check(who)

    @rule(who=CLIENTS, data=st.data())
    def move_away(self, who: int, data: st.DataObject) -> None:
        known = self.clients[who].view.uids.tolist()
        self.folder.expunge([uid for uid in known if data.draw(st.booleans())])
        self.clients[who].sync(may_expunge=True)
        self.check(who)

    def check(self, who: int) -> None:
        client = self.clients[who]
        assert client.picture == sorted(self.folder.messages.items())
        assert client.count == client.view.exists == len(client.picture)

    def check_but_for_the_gone(self, who: int) -> None:
        client = self.clients[who]
        there = [item for item in client.picture if item and item[0] in self.folder.messages]
        assert there == sorted(self.folder.messages.items())
        assert [item[0] for item in client.picture if item] == client.view.uids.tolist()

    @invariant()
    def each_is_recent_to_one_at_most(self) -> None:
        if not hasattr(self, "clients"):
            return
        for client in self.clients:
            assert client.recent <= client.count or client.view.recent < client.recent
        recent = [self.recent_uids(client.view) for client in self.clients]
        assert not recent[0] & recent[1]

    def recent_uids(self, view: View) -> set[int]:
        chosen = view.select(as_ranges(view.uids), by_uid=True)
        assert chosen is not None
        return set(chosen.uids[view.flags(chosen) & np.uint64(RECENT) != 0].tolist())

    @invariant()
    def the_log_leads_to_the_folder(self) -> None:
        if hasattr(self, "folder"):
            state = self.folder.state
            assert dict(zip(state.uids.tolist(), state.flags.tolist(), strict=True)) == self.folder.messages


TestTwoClients = TwoClients.TestCase
TestTwoClients.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def folder_of(count: int, flags: int = 0) -> Folder:
    folder = Folder()
    if count:
        folder.deliver(flags, count)
    return folder


def test_it_works() -> None:
    folder = folder_of(3)
    view = View(folder.state)
    folder.deliver(1, 2)
    folder.store(ADD, 4, [2])
    folder.expunge([1])
    expunged, exists, changed = view.update(folder.state, may_expunge=True)
    assert isinstance(expunged, Expunged)
    assert isinstance(exists, Exists)
    assert isinstance(changed, FlagsChanged)
    assert (list(expunged.numbers), exists.messages) == ([1], 4)
    assert (changed.numbers.tolist(), changed.uids.tolist(), changed.flags.tolist()) == ([1], [2], [4])
    assert view.update(folder.state, may_expunge=True) == []


def test_a_message_keeps_its_number_while_numbers_are_waited_for() -> None:
    folder = folder_of(3)
    view = View(folder.state)
    folder.expunge([2])
    assert view.update(folder.state, may_expunge=False) == []
    chosen = view.select([(1, 3)], by_uid=False)
    assert chosen is not None
    assert (chosen.numbers.tolist(), chosen.uids.tolist(), chosen.gone) == ([1, 3], [1, 3], 1)
    (expunged,) = view.update(folder.state, may_expunge=True)
    assert isinstance(expunged, Expunged)
    assert list(expunged.numbers) == [2]


def test_expunges_are_said_from_the_end() -> None:
    folder = folder_of(9)
    view = View(folder.state)
    folder.expunge([2, 3, 9])
    assert untagged(
        view.update(folder.state, may_expunge=True), TABLE, with_uid=False, with_modseq=False
    ) == (b"* 9 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n")


def test_a_number_beyond_the_last_is_refused_and_an_unknown_uid_is_not() -> None:
    view = View(folder_of(3).state)
    assert view.select([(2, 4)], by_uid=False) is None
    chosen = view.select([(2, 4), (900, 900)], by_uid=True)
    assert chosen is not None
    assert chosen.uids.tolist() == [2, 3]
    assert (view.largest(by_uid=True), view.largest(by_uid=False)) == (3, 3)


def test_a_silent_store_is_silent_unless_someone_else_was_faster() -> None:
    folder = folder_of(2)
    view = View(folder.state)
    folder.store(ADD, 4, [1])
    folder.store(ADD, 1, [1, 2])
    owed = view.update(folder.state, may_expunge=False, silent=Silent(expand([(1, 2)]), add=1))
    changed, quiet = owed
    assert isinstance(changed, FlagsChanged)
    assert isinstance(quiet, ModSeqChanged)
    assert (changed.uids.tolist(), quiet.uids.tolist()) == ([1], [2])


def test_mail_that_came_and_went_is_not_told() -> None:
    folder = folder_of(1)
    view = View(folder.state)
    folder.deliver(0, 1)
    folder.expunge([2])
    assert view.update(folder.state, may_expunge=True) == []


def test_recent_belongs_to_the_first_session() -> None:
    folder = folder_of(2)
    alice = View(folder.state, recent_from=folder.claim())
    bob = View(folder.state, recent_from=folder.claim())
    assert (alice.recent, bob.recent) == (2, 0)
    folder.deliver(0, 1)
    (exists,) = bob.update(folder.state, may_expunge=True, recent_from=folder.claim())
    assert exists == Exists(3, 1)
    (exists,) = alice.update(folder.state, may_expunge=True, recent_from=folder.claim())
    assert exists == Exists(3, 2)


def test_an_older_state_is_not_looked_at() -> None:
    folder = folder_of(1)
    before = folder.state
    folder.deliver(0, 1)
    view = View(folder.state)
    assert view.update(before, may_expunge=True) == []
    assert view.exists == 2


def test_private_read_marks_are_a_state_of_their_own() -> None:
    folder = folder_of(3, flags=1 | 2)
    seen = with_private_seen(folder.state, ReadMarks(9, [(2, 2)], [(4, [(1, 2)]), (9, [(2, 5)])]))
    assert seen.flags.tolist() == [2, 3, 2]
    assert (seen.unseen, seen.first_unseen()) == (2, 1)
    assert seen.modseqs.tolist() == [4, 9, 9]
    assert folder.state.flags.tolist() == [3, 3, 3]


@given(st.sets(st.integers(1, 200)), st.sets(st.integers(1, 200)))
def test_many_read_marks_are_laid_over_like_few(there: set[int], read: set[int]) -> None:
    uids = np.array(sorted(there), np.uint32)
    bits = np.zeros(uids.size, np.uint64)
    state = FolderState(1, 1, 1, uids=uids, flags=bits, modseqs=bits)
    marks = as_ranges(np.array(sorted(read), np.uint32))
    seen = with_private_seen(state, ReadMarks(3, marks, [(3, marks)]))
    assert seen.uids[seen.flags == 1].tolist() == sorted(there & read)
    assert seen.modseqs.tolist() == [3 * (uid in read) for uid in sorted(there)]


def test_a_view_is_small_even_when_others_expunge() -> None:
    folder = folder_of(1000)
    views = [View(folder.state) for _ in range(10)]
    folder.expunge([500])
    for view in views:
        view.absorb(folder.state)
    assert all(view.state is folder.state and view.exists == 1000 for view in views)
