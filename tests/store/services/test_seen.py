"""Read marks of one's own: what alice has read, bob has not; and nothing else can tell who read what."""

from dataclasses import replace
from typing import Any

import pytest

from apps.events.changes import Change
from apps.events.transactions import perform, query
from apps.mailboxes.models import Mailbox
from apps.organisations.models import Organisation
from apps.store import checking
from apps.store.flags import NONE, SEEN, Flags
from apps.store.models import Folder, Seen
from apps.store.services import folders, messages, seen
from apps.store.values import Copied, FlagsSet, FolderRef, NoFolder
from tests.store.mail import Box, a_box, a_message, an_owner, picture, put

pytestmark = pytest.mark.django_db
READ = Flags(SEEN)


@pytest.fixture
def shared() -> Box:
    """Return a mailbox with five messages, of which each member has read none."""
    box = a_box("team")
    Mailbox.objects.filter(id=box.mailbox_id).update(private_seen=True)
    put(*(a_message(box) for _ in range(5)))
    return box


@pytest.fixture
def alice(shared: Box) -> int:
    return an_owner("alice", Organisation.objects.get(id=shared.organisation_id)).pk


@pytest.fixture
def bob(shared: Box) -> int:
    return an_owner("bob", Organisation.objects.get(id=shared.organisation_id)).pk


def read(folder: FolderRef, user_id: int) -> set[int]:
    """Return what a user has read, once nothing is found to be wrong with the store's marks."""
    assert [finding for finding in checking.check() if "has read" in finding.text] == []
    rows = Seen.objects.filter(folder_id=folder.folder_id, user_id=user_id)
    return {uid for row in rows for part in row.uids for uid in range(part.lower, part.upper)}


def mark(folder: FolderRef, user_id: int, *uids: int, seen_: bool = True) -> FlagsSet:
    done = perform(seen.set_seen(folder, user_id, [(uid, uid) for uid in uids], seen=seen_))
    assert isinstance(done, FlagsSet)
    return done


def test_each_member_reads_for_themselves(shared: Box, alice: int, bob: int) -> None:
    inbox = shared["INBOX"]
    before = Folder.objects.get(id=inbox.folder_id)
    assert mark(inbox, alice, 1, 2, 3, 99) == FlagsSet(before.modseq + 1, [(1, 3)], [])
    assert mark(inbox, alice, 2, seen_=False) == FlagsSet(before.modseq + 2, [(2, 2)], [])
    assert mark(inbox, bob, 5) == FlagsSet(before.modseq + 3, [(5, 5)], [])
    assert (read(inbox, alice), read(inbox, bob)) == ({1, 3}, {5})
    after = Folder.objects.get(id=inbox.folder_id)
    assert (after.n_unseen, after.n_messages) == (5, 5)
    # Rows and log agree, and neither tells anyone what was read.
    assert picture(shared, "INBOX") == dict.fromkeys(range(1, 6), frozenset())


def test_what_changes_nothing_takes_no_modseq(shared: Box, alice: int) -> None:
    inbox = shared["INBOX"]
    first = mark(inbox, alice, 1)
    assert mark(inbox, alice, 1) == FlagsSet(first.modseq, [], [])
    assert mark(inbox, alice, 2, seen_=False) == FlagsSet(first.modseq, [], [])
    assert mark(inbox, alice, 99) == FlagsSet(first.modseq, [], [])


def test_the_lock_comes_first_and_the_change_is_announced(shared: Box, alice: int) -> None:
    inbox = shared["INBOX"]
    plan = seen.set_seen(inbox, alice, [(1, 1)], seen=True)
    assert "FOR NO KEY UPDATE" in next(plan).sql  # type: ignore[union-attr]
    plan.send(None)
    assert plan.send([(20, [1], [1], None)]) == Change(inbox.mailbox_id, inbox.folder_id, 20)


def test_a_folder_that_is_gone(shared: Box, alice: int) -> None:
    junk = shared["Junk"]
    put(a_message(shared, "Junk"))
    mark(junk, alice, 1)
    perform(folders.delete(junk))
    assert not Seen.objects.filter(folder_id=junk.folder_id).exists()
    assert perform(seen.set_seen(junk, alice, [(1, 1)], seen=True)) == NoFolder(junk.folder_id)
    assert perform(messages.set_flags(junk, [(1, 1)], add=READ, user_id=alice)) == NoFolder(junk.folder_id)


def test_flags_of_all_and_marks_of_one_change_together(shared: Box, alice: int, bob: int) -> None:
    inbox = shared["INBOX"]
    both = Flags.named("\\Seen", "\\Flagged")
    done = perform(messages.set_flags(inbox, [(1, 2)], add=both, user_id=alice))
    assert isinstance(done, FlagsSet)
    assert (done.changed, done.modseq) == ([(1, 2)], Folder.objects.get(id=inbox.folder_id).modseq)
    perform(messages.set_flags(inbox, [(2, 3)], replace=Flags.named("\\Draft"), user_id=bob))
    perform(messages.set_flags(inbox, [(3, 3)], replace=READ, user_id=bob))
    assert (read(inbox, alice), read(inbox, bob)) == ({1, 2}, {3})
    perform(messages.set_flags(inbox, [(1, 1)], remove=both, user_id=alice))
    assert read(inbox, alice) == {2}
    nothing = frozenset[str]()
    assert picture(shared, "INBOX") == {
        1: nothing, 2: frozenset({"\\Draft"}), 3: nothing, 4: nothing, 5: nothing,
    }  # fmt: skip


def test_unchanged_since_counts_own_marks_and_flags_of_all(shared: Box, alice: int, bob: int) -> None:
    inbox = shared["INBOX"]
    known = Folder.objects.get(id=inbox.folder_id).modseq
    mark(inbox, alice, 1)
    mark(inbox, bob, 2)
    perform(messages.set_flags(inbox, [(3, 3)], add=Flags.named("\\Flagged")))

    def answered(user_id: int, since: int) -> tuple[Any, Any]:
        flags = Flags.named("\\Answered")
        plan = messages.set_flags(inbox, [(1, 4)], add=flags, unchanged_since=since, user_id=user_id)
        done = perform(plan)
        assert isinstance(done, FlagsSet)
        return done.changed, done.failed

    done = perform(messages.set_flags(inbox, [(1, 4)], add=READ, unchanged_since=known, user_id=alice))
    assert isinstance(done, FlagsSet)
    assert (done.changed, done.failed) == ([(2, 2), (4, 4)], [(1, 1), (3, 3)])
    assert read(inbox, alice) == {1, 2, 4}
    # The marks of alice are no news to bob, whose own is.
    assert answered(bob, known) == ([(1, 1), (4, 4)], [(2, 3)])
    assert answered(alice, known) == ([], [(1, 4)])


def test_history_stays_short_and_forgets_no_change(shared: Box, alice: int) -> None:
    inbox = shared["INBOX"]
    at = {uid: mark(inbox, alice, uid).modseq for uid in (1, 2)}
    for _ in range(seen.KEPT_CHANGES):
        mark(inbox, alice, 3)
        last = mark(inbox, alice, 3, seen_=False).modseq
    row = Seen.objects.get(folder_id=inbox.folder_id, user_id=alice)
    assert len(row.changed) == len(row.changed_at) == seen.KEPT_CHANGES
    assert row.modseq == row.changed_at[-1] == last
    for uid, modseq in at.items():
        changed, others = perform(seen.changed_since(inbox, alice, [(uid, uid)], modseq - 1))
        assert (changed, others) == ([(uid, uid)], [])


def test_expunged_is_forgotten_and_never_counted(shared: Box, alice: int, bob: int) -> None:
    inbox = shared["INBOX"]
    mark(inbox, alice, 1, 2, 3)
    mark(inbox, bob, 3)
    perform(messages.expunge(inbox, [(2, 3)], only_deleted=False))
    assert (read(inbox, alice), read(inbox, bob)) == ({1}, set())


def test_copies_and_moves_keep_everyones_marks(shared: Box, alice: int, bob: int) -> None:
    inbox, archive = shared["INBOX"], shared["Archive"]
    put(a_message(shared, "Archive"))
    mark(inbox, alice, 1, 2, 4)
    mark(inbox, bob, 4, 5)
    perform(messages.copy(inbox, archive, [(1, 1), (4, 4)], user_id=alice))
    assert (read(archive, alice), read(archive, bob)) == ({2, 3}, {3})
    perform(messages.move(inbox, archive, [(2, 5)], user_id=alice))
    assert (read(inbox, alice), read(inbox, bob)) == ({1}, set())
    assert (read(archive, alice), read(archive, bob)) == ({2, 3, 4, 6}, {3, 6, 7})
    perform(messages.copy(archive, archive, [(2, 2)], user_id=alice))
    assert read(archive, alice) == {2, 3, 4, 6, 8}
    perform(messages.move(archive, archive, [(6, 6)], user_id=alice))
    assert (read(archive, alice), read(archive, bob)) == ({2, 3, 4, 8, 9}, {3, 7, 9})


def test_a_copy_elsewhere_has_the_mark_of_whoever_copies(shared: Box, alice: int, bob: int) -> None:
    own = a_box("alice", organisation_id=shared.organisation_id)
    inbox = shared["INBOX"]
    mark(inbox, alice, 1, 3)
    mark(inbox, bob, 2)
    assert isinstance(perform(messages.copy(inbox, own["INBOX"], [(1, 3)], user_id=alice)), Copied)
    assert picture(own, "INBOX") == {1: frozenset({"\\Seen"}), 2: frozenset(), 3: frozenset({"\\Seen"})}
    assert isinstance(
        perform(messages.copy(own["INBOX"], shared["Archive"], [(1, 3)], user_id=alice)), Copied
    )
    assert (read(shared["Archive"], alice), read(shared["Archive"], bob)) == ({1, 3}, set())
    other = a_box("shop", organisation_id=shared.organisation_id)
    Mailbox.objects.filter(id=other.mailbox_id).update(private_seen=True)
    assert isinstance(perform(messages.move(inbox, other["INBOX"], [(1, 2)], user_id=bob)), Copied)
    assert (read(other["INBOX"], alice), read(other["INBOX"], bob)) == (set(), {2})
    assert (read(inbox, alice), read(inbox, bob)) == ({3}, set())


def test_whoever_files_a_message_as_read_has_read_it(shared: Box, alice: int, bob: int) -> None:
    items = [
        a_message(shared),
        replace(a_message(shared), seen_by=alice),
        replace(a_message(shared), seen_by=bob),
    ]
    put(*items, replace(a_message(shared), seen_by=alice))
    assert (read(shared["INBOX"], alice), read(shared["INBOX"], bob)) == ({7, 9}, {8})


def test_other_mailboxes_are_left_as_they_were(alice: int) -> None:
    own = a_box("own")
    put(*(a_message(own, flags=flags) for flags in (READ, NONE)))
    perform(messages.copy(own["INBOX"], own["Archive"], [(1, 2)], user_id=alice))
    perform(messages.expunge(own["INBOX"], [(1, 1)], only_deleted=False))
    assert picture(own, "Archive") == {1: frozenset({"\\Seen"}), 2: frozenset()}
    assert perform(query("SELECT count(*)::int FROM store_seen WHERE user_id = %s", [alice])) == [(0,)]


def test_check_finds_marks_of_nothing_and_mends_them(an_empty_store: None, shared: Box, alice: int) -> None:
    inbox = shared["INBOX"]
    mark(inbox, alice, 1)
    Seen.objects.filter(user_id=alice).update(uids="{[1,3),[70,90)}")
    findings = list(checking.check())
    assert [finding.text.split(": ")[1] for finding in findings] == [
        f"user {alice} has read what is not there, or in the future"
    ]
    checking.repair(findings)
    assert list(checking.check()) == []
    assert read(inbox, alice) == {1, 2}
