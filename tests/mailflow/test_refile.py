"""What people do with messages, and how it is taken back."""

import datetime as dt
import functools
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox, MailboxMember
from apps.mailflow import refile, undo
from apps.mailflow.models import UndoRecord
from apps.mailflow.refile import Chosen, Done, Hand, Kind
from apps.mailflow.undo import CannotUndo, Undone, Why
from apps.store.flags import JUNK, Flags
from apps.store.models import Folder, Message
from apps.store.services import folders, messages, seen
from apps.store.values import FolderRef
from tests.store.mail import Box, a_box, a_message, picture, put


def a_user(box: Box, local: str = "alice") -> User:
    domain = Mailbox.objects.get(pk=box.mailbox_id).domain
    return User.objects.create(
        address=f"{local}@{domain.name}", domain=domain, organisation_id=box.organisation_id
    )


def a_hand(box: Box, local: str = "alice") -> Hand:
    """Make the mailbox that of a user."""
    user = a_user(box, local)
    Mailbox.objects.filter(pk=box.mailbox_id).update(owner=user)
    return Hand(box.mailbox_id, user.pk)


def chosen(box: Box, *uids: int, folder: str = "INBOX") -> list[Chosen]:
    return [Chosen(box[folder].folder_id, [(uid, uid) for uid in uids])]


def fill(box: Box, count: int = 3, folder: str = "INBOX", flags: Flags | None = None) -> None:
    for first in range(0, count, 200):
        put(
            *(
                a_message(box, folder, body=b"number %d" % n, flags=flags or Flags())
                for n in range(first, min(count, first + 200))
            )
        )


def contents(box: Box, folder: str) -> dict[int, set[str]]:
    """Return flags by content, once the folder is found to be in order."""
    flags = picture(box, folder)
    rows = Message.objects.filter(mailbox_id=box.mailbox_id, folder_id=box[folder].folder_id)
    return {content: set(flags[uid]) for uid, content in rows.values_list("uid", "content_id")}


def back(hand: Hand, done: Done) -> Undone | CannotUndo:
    assert done.undo is not None
    return undo.undo(hand.user_id, done.undo)


@pytest.mark.django_db
class TestByHand:
    """One who acts alone."""

    def test_it_works(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box)
        before = contents(box, "INBOX")
        done = refile.move(hand, chosen(box, 1, 3), to=box["Archive"].folder_id)
        assert (done.kind, done.messages, done.target) == (Kind.MOVE, 2, box["Archive"])
        assert len(contents(box, "Archive")) == 2
        assert back(hand, done) == Undone(Kind.MOVE, 2, 0)
        assert contents(box, "INBOX") == before
        assert contents(box, "Archive") == {}
        assert back(hand, done) == CannotUndo(Why.DONE)

    def test_each_goes_back_to_its_own_folder_with_its_own_flags(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 2)
        fill(box, 2, "Sent", Flags.named("\\Seen", "work"))
        before = contents(box, "INBOX"), contents(box, "Sent")
        done = refile.delete(hand, [*chosen(box, 1, 2), *chosen(box, 2, folder="Sent")])
        assert done.messages == 3
        assert len(contents(box, "Trash")) == 3
        assert back(hand, done) == Undone(Kind.DELETE, 3, 0)
        assert (contents(box, "INBOX"), contents(box, "Sent")) == before

    def test_a_missing_folder_is_made_when_it_is_needed(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box)
        perform(folders.delete(box["Archive"]))
        done = refile.archive(hand, chosen(box, 1))
        made = Folder.objects.get(mailbox_id=box.mailbox_id, special_use="\\Archive")
        assert (made.name, made.n_messages, done.messages) == ("Archive", 1, 1)
        Folder.objects.filter(pk=made.pk).update(special_use="")
        assert refile.archive(hand, chosen(box, 2)).target == FolderRef(box.mailbox_id, made.pk)
        made.refresh_from_db()
        assert (made.special_use, made.n_messages) == ("\\Archive", 2)

    def test_a_special_folder_of_another_name_is_found(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box)
        perform(folders.rename(box.mailbox_id, "Trash", "Papierkorb"))
        assert refile.delete(hand, chosen(box, 1)).target == box["Trash"]

    @pytest.mark.parametrize("leave", [False, True])
    def test_what_a_mail_program_files_among_the_junk_tells_the_filter_too(self, *, leave: bool) -> None:
        box = a_box()
        fill(box, 2, flags=Flags.named("$NotJunk", "work"))
        marked: dict[str, list[set[str]]] = {}
        for source, target in (("INBOX", "Junk"), ("Junk", "Archive"), ("Archive", "Sent"), ("Sent", "Junk")):
            perform(refile.transfer(box[source], box[target], messages.ALL, leave=leave))
            marked[target] = list(contents(box, target).values())
        assert marked["Junk"] == [{"$Junk", "work"}] * 2
        assert marked["Archive"] == marked["Sent"] == [{"$NotJunk", "work"}] * 2
        perform(refile.transfer(box["Junk"], box["Trash"], messages.ALL, leave=leave))
        assert set(map(frozenset, contents(box, "Trash").values())) == {frozenset({"$Junk", "work"})}

    def test_a_copy_beside_itself_says_nothing(self) -> None:
        box = a_box()
        fill(box, 1, "Junk", Flags.named("$NotJunk"))
        perform(refile.transfer(box["Junk"], box["Junk"], messages.ALL, leave=True))
        assert set(map(frozenset, picture(box, "Junk").values())) == {frozenset({"$NotJunk"})}

    def test_junk_and_no_junk_into_another_mailbox(self) -> None:
        box, team = a_box(), a_box()
        fill(box, 1)
        perform(refile.transfer(box["INBOX"], team["Junk"], messages.ALL))
        assert list(contents(team, "Junk").values()) == [{"$Junk"}]

    def test_junk_and_no_junk_tell_the_filter(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 2, flags=Flags.named("$NotJunk"))
        before = contents(box, "INBOX")
        done = refile.junk(hand, chosen(box, 1, 2))
        assert list(contents(box, "Junk").values()) == [{"$Junk"}, {"$Junk"}]
        freed = refile.not_junk(hand, chosen(box, 1, folder="Junk"))
        assert (freed.messages, freed.target) == (1, box["INBOX"])
        assert list(contents(box, "INBOX").values()) == [{"$NotJunk"}]
        assert back(hand, freed) == Undone(Kind.NOT_JUNK, 1, 0)
        assert list(contents(box, "Junk").values()) == [{"$Junk"}, {"$Junk"}]
        assert back(hand, done) == Undone(Kind.JUNK, 2, 0)
        assert contents(box, "INBOX") == before

    def test_no_junk_outside_the_junk_stays_where_it_is(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 1, "Archive", Flags(JUNK))
        done = refile.not_junk(hand, chosen(box, 1, folder="Archive"))
        assert list(contents(box, "Archive").values()) == [{"$NotJunk"}]
        assert back(hand, done) == Undone(Kind.NOT_JUNK, 1, 0)
        assert list(contents(box, "Archive").values()) == [{"$Junk"}]

    def test_junk_to_trash_teaches_nothing(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 1, "Junk", Flags(JUNK))
        refile.delete(hand, chosen(box, 1, folder="Junk"))
        assert list(contents(box, "Trash").values()) == [{"$Junk"}]

    @pytest.mark.parametrize(
        ("act", "flag"),
        [
            (refile.star, "\\Flagged"),
            (refile.mark_read, "\\Seen"),
            (functools.partial(refile.label, name="Finance"), "Finance"),
        ],
    )
    def test_flags_come_back_as_they_were_each(self, act: Callable[..., Done], flag: str) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 3)
        perform(messages.set_flags(box["INBOX"], [(2, 2)], add=Flags.named(flag)))
        before = contents(box, "INBOX")
        on = act(hand, chosen(box, 1, 2, 3))
        assert on.messages == 2
        assert all(flags == {flag} for flags in contents(box, "INBOX").values())
        assert back(hand, on) == Undone(on.kind, 2, 0)
        assert contents(box, "INBOX") == before
        off = act(hand, chosen(box, 1, 2, 3), on=False)
        assert off.messages == 1
        assert back(hand, off) == Undone(off.kind, 1, 0)
        assert contents(box, "INBOX") == before

    def test_read_marks_of_ones_own(self) -> None:
        box = a_box()
        hand = a_hand(box)
        Mailbox.objects.filter(pk=box.mailbox_id).update(private_seen=True)
        fill(box, 2)
        done = refile.mark_read(Hand(box.mailbox_id, hand.user_id, True), chosen(box, 1, 2))
        assert perform(seen.read_by(box["INBOX"], hand.user_id)) == "{[1,3)}"
        assert back(hand, done) == Undone(Kind.READ, 2, 0)
        assert perform(seen.read_by(box["INBOX"], hand.user_id)) == "{}"

    def test_nothing_leaves_nothing(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 1)
        assert refile.move(hand, chosen(box, 7), to=box["Archive"].folder_id).undo is None
        assert refile.move(hand, chosen(box, 1), to=box["INBOX"].folder_id).undo is None
        assert refile.star(hand, chosen(box, 1), on=False).undo is None
        assert not UndoRecord.objects.filter(user_id=hand.user_id).exists()

    def test_what_cannot_be_a_label(self) -> None:
        box = a_box()
        for name in ("", "\\Seen", "$Junk", "two words", "ümlaut", "a" * 101, "x*"):
            with pytest.raises(ValueError, match="label"):
                refile.label(Hand(box.mailbox_id, 1), [], name)

    @pytest.mark.slow
    def test_all_of_a_folder_in_portions(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 2 * refile.AT_ONCE + 3)
        before = contents(box, "INBOX")
        done = refile.junk(hand, [Chosen(box["INBOX"].folder_id, messages.ALL)])
        assert done.messages == 2 * refile.AT_ONCE + 3
        assert UndoRecord.objects.get(pk=done.undo or 0).steps[0]["do"] == "move"
        assert back(hand, done) == Undone(Kind.JUNK, done.messages, 0)
        assert contents(box, "INBOX") == before

    def test_what_was_undone_can_be_undone_further(self) -> None:
        """Moved back, a message has another uid; what was done before is taken back all the same."""
        box = a_box()
        hand = a_hand(box)
        fill(box, 2)
        starred = refile.star(hand, chosen(box, 1))
        moved = refile.archive(hand, chosen(box, 1))
        assert back(hand, moved) == Undone(Kind.ARCHIVE, 1, 0)
        assert back(hand, starred) == Undone(Kind.STAR, 1, 0)
        assert all(flags == set() for flags in contents(box, "INBOX").values())

    def test_what_others_changed_since_is_left_alone(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 4)
        done = refile.delete(hand, chosen(box, 1, 2, 3, 4))
        perform(messages.expunge(box["Trash"], [(1, 1)], only_deleted=False))
        perform(messages.move(box["Trash"], box["Sent"], [(2, 2)]))
        perform(messages.set_flags(box["Trash"], [(3, 3)], add=Flags.named("\\Answered")))
        assert back(hand, done) == Undone(Kind.DELETE, 2, 2)
        assert list(contents(box, "INBOX").values()) == [{"\\Answered"}, set()]
        assert len(contents(box, "Sent")) == 1

    def test_a_folder_that_is_gone(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 1, "Sent")
        done = refile.delete(hand, chosen(box, 1, folder="Sent"))
        perform(folders.delete(box["Sent"]))
        assert back(hand, done) == Undone(Kind.DELETE, 0, 1)
        assert len(contents(box, "Trash")) == 1

    def test_recent_actions(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 3)
        moved = refile.archive(hand, chosen(box, 1))
        labelled = refile.label(hand, chosen(box, 2), "Finance")
        back(hand, labelled)
        actions = undo.recent_actions(hand.user_id)
        assert [(one.token, one.kind, one.detail, one.messages, one.is_undone) for one in actions] == [
            (labelled.undo, Kind.LABEL, "Finance", 1, True),
            (moved.undo, Kind.ARCHIVE, "Archive", 1, False),
        ]
        assert undo.recent_actions(hand.user_id, mailbox_id=0) == []

    def test_after_a_day_it_is_too_late(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 1)
        done = refile.archive(hand, chosen(box, 1))
        UndoRecord.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=25))
        assert back(hand, done) == CannotUndo(Why.LATE)
        assert undo.recent_actions(hand.user_id) == []
        assert undo.forget() == 1
        assert back(hand, done) == CannotUndo(Why.UNKNOWN)

    def test_mallory_takes_nothing_back(self) -> None:
        box, other = a_box(), a_box("mallory")
        hand, mallory = a_hand(box), a_hand(other, "mallory")
        fill(box, 1)
        done = refile.archive(hand, chosen(box, 1))
        assert back(mallory, done) == CannotUndo(Why.UNKNOWN)
        stolen = refile.move(mallory, chosen(box, 1), to=other["INBOX"].folder_id)
        assert stolen.messages == 0
        assert refile.move(hand, chosen(box, 1), to=other["INBOX"].folder_id).missing_folder

    def test_who_may_no_longer_write_takes_nothing_back(self) -> None:
        box = a_box()
        a_hand(box)
        carol = a_user(box, "carol")
        member = MailboxMember.objects.create(mailbox_id=box.mailbox_id, user=carol, rights=["read", "write"])
        hand = Hand(box.mailbox_id, carol.pk)
        fill(box, 2)
        first, second = refile.archive(hand, chosen(box, 1)), refile.archive(hand, chosen(box, 2))
        assert back(hand, first) == Undone(Kind.ARCHIVE, 1, 0)
        member.rights = ["read"]
        member.save()
        assert back(hand, second) == CannotUndo(Why.UNKNOWN)

    def test_by_content(self) -> None:
        box = a_box()
        fill(box, 2)
        perform(messages.copy(box["INBOX"], box["Archive"], [(1, 1)]))
        ids = sorted(contents(box, "INBOX"))
        assert refile.chosen_of(box.mailbox_id, ids) == [
            Chosen(box["INBOX"].folder_id, [(1, 2)]),
            Chosen(box["Archive"].folder_id, [(1, 1)]),
        ]
        assert refile.chosen_of(box.mailbox_id, ids, folder_id=box["Archive"].folder_id) == [
            Chosen(box["Archive"].folder_id, [(1, 1)])
        ]
        assert refile.chosen_of(a_box("mallory").mailbox_id, ids) == []

    def test_erased_is_erased(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 2, "Trash")
        assert refile.erase(hand, chosen(box, 1, 9, folder="Trash")) == 1
        assert len(contents(box, "Trash")) == 1


def at_once(*work: Callable[[], object]) -> list[object]:
    """Do several things at the same time."""
    results: list[object] = []
    start = threading.Barrier(len(work))

    def run(do: Callable[[], object]) -> None:
        try:
            start.wait()
            results.append(do())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[do]) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.usefixtures("real_database")
class TestAtOnce:
    """Several who act at the same time."""

    def test_two_take_back_the_same(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 20)
        before = contents(box, "INBOX")
        done = refile.junk(hand, [Chosen(box["INBOX"].folder_id, messages.ALL)])
        results = at_once(*(lambda: back(hand, done) for _ in range(3)))
        assert len(results) == 3
        assert Undone(Kind.JUNK, 20, 0) in results
        assert contents(box, "INBOX") == before
        assert contents(box, "Junk") == {}

    def test_a_client_expunges_meanwhile(self) -> None:
        box = a_box()
        hand = a_hand(box)
        fill(box, 60)
        for _ in range(3):
            done = refile.delete(hand, [Chosen(box["INBOX"].folder_id, messages.ALL)])
            uids = sorted(picture(box, "Trash"))[::2]
            results = at_once(
                functools.partial(back, hand, done),
                *(
                    lambda uid=uid: perform(messages.expunge(box["Trash"], [(uid, uid)], only_deleted=False))
                    for uid in uids[:8]
                ),
            )
            [result] = [one for one in results if isinstance(one, Undone)]
            assert result.restored == len(contents(box, "INBOX"))
            assert result.restored + result.skipped == done.messages
            assert len(results) == 9
