"""What is learned of which deed, and that each counts once."""

import pytest
from django.db import connection

from apps.events.audit import SYSTEM
from apps.events.transactions import Plan, perform
from apps.events.wake import Job
from apps.mailflow import refile, removal, undo
from apps.spam.learning.features import Features
from apps.spam.marks import learning
from apps.spam.marks.values import Apart, Learnt
from apps.spam.models import Cursor, Token, Total, Trained
from apps.store.flags import FLAGGED, JUNK, NOT_JUNK, Flags
from apps.store.values import FolderRef

from .people import WORDS, a_person, agrees, counted, learn, nobody_else, said, total

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    nobody_else()


class TestDeeds:
    """What somebody does, and what is learned of it."""

    def test_it_works(self) -> None:
        alice = a_person()
        alice.junk("cheap pills", "cheap watches")
        alice.keep("lunch tomorrow")
        assert learn().learned == 3
        assert said(alice.scope, "cheap pills lunch other") == {
            "cheap": (2, 0), "pills": (1, 0), "lunch": (0, 1), "other": (0, 0),
        }  # fmt: skip
        assert total(alice.scope) == (2, 1)
        assert learn().looked_at == 0

    def test_programs_move_copy_and_set_flags(self) -> None:
        alice = a_person()
        moved, copied, flagged, plain = alice.get("moved", "copied", "flagged", "plain")
        inbox, junk = alice.box["INBOX"], alice.box["Junk"]
        perform(refile.transfer(inbox, junk, [(moved, moved)]))
        perform(refile.transfer(inbox, junk, [(copied, copied)], leave=True))
        perform(refile.set_flags(inbox, [(flagged, flagged)], add=Flags.named("$junk")))
        perform(refile.set_flags(inbox, [(plain, plain)], add=Flags(FLAGGED)))
        assert learn().learned == 3
        assert said(alice.scope, "moved copied flagged plain") == {
            "moved": (1, 0), "copied": (1, 0), "flagged": (1, 0), "plain": (0, 0),
        }  # fmt: skip

    def test_a_mark_that_moves_on_before_it_was_read_counts(self) -> None:
        alice = a_person()
        [uid] = alice.get("cheap")
        perform(refile.set_flags(alice.box["INBOX"], [(uid, uid)], add=Flags(JUNK)))
        perform(refile.transfer(alice.box["INBOX"], alice.box["Junk"], [(uid, uid)]))
        learn()
        assert said(alice.scope, "cheap") == {"cheap": (1, 0)}
        assert agrees(alice.scope)

    def test_who_changes_their_mind_is_learned_from_anew(self) -> None:
        alice = a_person()
        alice.junk("cheap pills")
        learn()
        refile.not_junk(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
        assert learn().learned == 1
        assert said(alice.scope, "cheap") == {"cheap": (0, 1)}
        assert total(alice.scope) == (0, 1)
        assert agrees(alice.scope)

    def test_of_ten_changes_of_mind_the_last_counts(self) -> None:
        alice = a_person()
        alice.junk("cheap pills")
        for _ in range(5):
            refile.not_junk(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
            refile.junk(alice.hand, alice.chosen(alice.uids("INBOX")))
        learn()
        assert said(alice.scope, "cheap") == {"cheap": (1, 0)}
        assert agrees(alice.scope)

    @pytest.mark.parametrize("learned_between", [True, False])
    def test_what_is_taken_back_is_unlearned(self, learned_between: bool) -> None:
        alice = a_person()
        done = refile.junk(alice.hand, alice.chosen(alice.get("cheap pills")))
        if learned_between:
            learn()
        assert done.undo is not None
        undo.undo(alice.user.pk, done.undo)
        learn()
        assert counted(alice.scope) == {}
        assert total(alice.scope) == (0, 0)
        assert not Trained.objects.filter(mailbox_id=alice.scope).exists()

    def test_junk_to_trash_teaches_nothing(self) -> None:
        alice = a_person()
        uids = alice.get("filtered", folder="Junk")
        refile.delete(alice.hand, alice.chosen(uids, "Junk"))
        assert learn().looked_at == 0
        alice.junk("cheap")
        learn()
        refile.delete(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
        learn()
        assert said(alice.scope, "cheap filtered") == {"cheap": (1, 0), "filtered": (0, 0)}
        assert agrees(alice.scope)

    def test_what_the_filter_filed_teaches_nothing(self) -> None:
        alice = a_person()
        alice.get("cheap", folder="Junk")
        assert learn().looked_at == 0

    def test_a_mark_that_is_withdrawn_is_unlearned(self) -> None:
        alice = a_person()
        [uid] = alice.get("cheap")
        inbox = alice.box["INBOX"]
        perform(refile.set_flags(inbox, [(uid, uid)], add=Flags(JUNK)))
        learn()
        perform(refile.set_flags(inbox, [(uid, uid)], replace=Flags(FLAGGED)))
        assert learn().unlearned == 1
        assert counted(alice.scope) == {}

    def test_marked_as_both_is_marked_as_nothing(self) -> None:
        alice = a_person()
        [uid] = alice.get("cheap")
        perform(refile.set_flags(alice.box["INBOX"], [(uid, uid)], add=Flags(JUNK | NOT_JUNK)))
        learn()
        assert counted(alice.scope) == {}

    def test_a_message_with_two_copies_counts_once(self) -> None:
        alice = a_person()
        [uid] = alice.get("cheap")
        perform(refile.transfer(alice.box["INBOX"], alice.box["Archive"], [(uid, uid)], leave=True))
        refile.junk(alice.hand, alice.chosen([uid]))
        refile.junk(alice.hand, alice.chosen(alice.uids("Archive"), "Archive"))
        learn()
        assert said(alice.scope, "cheap") == {"cheap": (1, 0)}
        assert agrees(alice.scope)

    def test_mallory_teaches_herself_alone(self) -> None:
        alice, mallory = a_person(), a_person("mallory")
        mallory.junk("lunch tomorrow")
        learn()
        assert counted(alice.scope) == {}
        assert counted(mallory.scope) != {}


class TestWhatCannotBeRead:
    """What is gone is skipped, and said."""

    def test_gone_before_it_was_read(self) -> None:
        alice = a_person()
        alice.junk("cheap", "pills")
        refile.erase(alice.hand, alice.chosen([alice.uids("Junk")[0]], "Junk"))
        learnt = learn()
        assert learnt.learned == 1
        assert learnt.skipped == {learning.GONE: 1}
        row = Total.objects.get(scope=alice.scope)
        assert (row.skipped, row.skipped_why) == (1, learning.GONE)

    def test_what_was_learned_of_mail_that_is_gone_stays(self) -> None:
        alice = a_person()
        alice.junk("cheap")
        learn()
        refile.erase(alice.hand, alice.chosen(alice.uids("Junk"), "Junk"))
        learn()
        assert said(alice.scope, "cheap") == {"cheap": (1, 0)}

    def test_bytes_that_are_gone(self) -> None:
        alice = a_person()
        alice.junk("cheap", "pills")
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM store_blob WHERE hash IN (SELECT blob_hash FROM store_content WHERE mailbox_id = %s"
                " ORDER BY id LIMIT 1)",
                [alice.scope],
            )
        learnt = learn()
        assert (learnt.learned, learnt.skipped) == (1, {learning.UNREADABLE: 1})
        assert agrees(alice.scope)

    def test_what_cannot_be_taken_apart_stops_nobody(self) -> None:
        alice = a_person()
        alice.junk("cheap", "poison")

        def apart(raw: bytes) -> Features:
            if b"poison" in raw:
                raise RecursionError
            return WORDS.features(raw)

        learnt = learn(Apart(apart, 1))
        assert (learnt.learned, learnt.skipped) == (1, {learning.UNREADABLE: 1})

    def test_one_folders_fault_keeps_no_other_waiting(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        alice, bob = a_person(), a_person("bob")
        alice.junk("cheap")
        bob.junk("cheap")
        real = learning.learn

        def failing(folder: FolderRef, apart: Apart) -> Plan[Learnt | None]:
            if folder.mailbox_id == alice.scope:
                raise ZeroDivisionError
            return real(folder, apart)

        monkeypatch.setattr(learning, "learn", failing)
        assert learn().learned == 1
        assert "folder not learned from" in caplog.text
        assert total(bob.scope) == (1, 0)


class TestPortions:
    """Much is learned little by little."""

    def test_a_thousand_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "AT_ONCE", 7)
        alice = a_person()
        alice.junk(*(f"cheap number{n}" for n in range(50)))
        folder = alice.box["Junk"]
        first = perform(learning.learn(folder, WORDS))
        assert first is not None
        assert (first.learned, first.more) == (7, True)
        assert Cursor.objects.get(folder_id=folder.folder_id).uid > 0
        assert agrees(alice.scope)
        assert learn().learned == 43
        assert total(alice.scope) == (50, 0)
        assert agrees(alice.scope)

    def test_one_turn_of_one_folder_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(learning, "AT_ONCE", 5)
        monkeypatch.setattr(learning, "MOST", 10)
        alice, bob = a_person(), a_person("bob")
        alice.junk(*(f"cheap{n}" for n in range(30)))
        bob.junk("cheap")
        assert learn().learned == 11
        assert total(bob.scope) == (1, 0)
        assert learn().learned == 10

    def test_a_portion_costs_a_fixed_number_of_statements(
        self, django_assert_max_num_queries: object
    ) -> None:
        alice = a_person()
        alice.junk(*(f"cheap{n}" for n in range(60)))
        plan, steps = learning.learn(alice.box["Junk"], WORDS), 0

        def counted_plan() -> Plan[object]:
            nonlocal steps
            rows = None
            while True:
                try:
                    step = plan.send(rows)
                except StopIteration as stop:
                    return stop.value
                steps += 1
                rows = yield step

        perform(counted_plan())
        assert steps <= 15

    def test_a_log_that_is_read_twice_changes_nothing(self) -> None:
        alice = a_person()
        alice.junk("cheap pills")
        learn()
        before = counted(alice.scope)
        Cursor.objects.all().delete()
        assert learn().learned == 0
        assert counted(alice.scope) == before

    def test_whoever_marks_wakes_the_learner(self) -> None:
        alice = a_person()
        [uid] = alice.get("cheap")
        plans = (
            refile.set_flags(alice.box["INBOX"], [(uid, uid)], add=Flags(FLAGGED)),
            refile.set_flags(alice.box["INBOX"], [(uid, uid)], add=Flags(JUNK)),
            refile.transfer(alice.box["INBOX"], alice.box["Junk"], [(uid, uid)]),
        )
        assert [_said(plan) for plan in plans] == [[], [Job.LEARN], [Job.LEARN]]


def _said(plan: Plan[object]) -> list[Job]:
    """Perform a plan; return whom it wakes."""
    jobs = []

    def listening() -> Plan[object]:
        rows = None
        while True:
            try:
                step = plan.send(rows)
            except StopIteration as stop:
                return stop.value
            if isinstance(step, Job):
                jobs.append(step)
            rows = yield step

    perform(listening())
    return jobs


class TestTheEnd:
    """A mailbox that is removed takes along what was learned of it."""

    def test_it_takes_everything(self) -> None:
        from apps.mailboxes.models import Mailbox

        alice, bob = a_person(), a_person("bob")
        alice.junk("cheap pills")
        bob.junk("cheap pills")
        learn()
        removal.delete_mailbox(mailbox=Mailbox.objects.get(pk=alice.scope), actor=SYSTEM)
        assert removal.finish(alice.scope)
        for model, key in (
            (Token, "scope"),
            (Total, "scope"),
            (Trained, "mailbox_id"),
            (Cursor, "mailbox_id"),
        ):
            assert not model._default_manager.filter(**{key: alice.scope}).exists()
        assert agrees(bob.scope)
        assert total(bob.scope) == (1, 0)
