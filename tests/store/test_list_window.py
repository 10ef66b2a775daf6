"""Any stretch of a folder's list, and what changes in it."""

from collections.abc import Generator
from typing import Any

import pytest

from apps.accounts.models import User
from apps.events import transactions
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.store.flags import FLAGGED, SEEN, Flags
from apps.store.folder_states import FolderStates
from apps.store.folder_tree import folder_of, folder_tree, special_folder
from apps.store.list_window import MOST_CHANGES, Filter, Order, changes_since, window
from apps.store.services import messages, seen
from apps.store.values import FolderRef, MessageFacts, NewMessage
from tests.store.mail import Box, a_box, a_message, put

pytestmark = pytest.mark.django_db


def a_letter(box: Box, n: int = 1, folder: str = "INBOX", **facts: object) -> NewMessage:
    known: dict[str, object] = {
        "subject": f"Letter {n}",
        "from_addr": f"sender{n % 3}@example.test",
        "message_id": f"<{box.mailbox_id}.{n}@example.test>",
        "sent_at": 1_700_000_000 - n,
        "preview": "Hello",
    } | facts
    envelope = (
        b'("Mon, 7 Feb 1994 21:52:25 -0800" "Letter" (("=?utf-8?q?Ana_R=C3=B6th?=" NIL "ana" "roth.test"))'
        b' NIL NIL ((NIL NIL "alice" "example.test") ("Bob" NIL "bob" "example.test")) NIL NIL NIL NIL)'
    )
    return a_message(box, folder, facts=MessageFacts(envelope, b"(NIL)", b"\1", **known))  # type: ignore[arg-type]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every statement that plans run."""
    noted: list[str] = []
    drive = transactions._drive

    def noting(plan: object, said: object) -> object:
        def through() -> Generator[Any, Any, Any]:
            rows = None
            while True:
                try:
                    step = plan.send(rows)  # type: ignore[attr-defined]
                except StopIteration as stop:
                    return stop.value
                if hasattr(step, "sql"):
                    noted.append(step.sql)
                rows = yield step

        return drive(through(), said)  # type: ignore[arg-type]

    monkeypatch.setattr(transactions, "_drive", noting)
    return noted


def test_it_works(statements: list[str]) -> None:
    box = a_box()
    put(*(a_letter(box, n) for n in range(1, 31)))
    statements.clear()
    page = window(box["INBOX"], start=10, count=5)
    assert page is not None
    assert len(statements) <= 6
    statements.clear()
    assert window(box["INBOX"], start=10, count=5) == page
    assert len(statements) == 2
    assert (page.total, page.start, page.messages, page.unread) == (30, 10, 30, 30)
    assert [row.uid for row in page.rows] == [20, 19, 18, 17, 16]
    row = page.rows[0]
    assert (row.subject, row.preview, row.date) == ("Letter 20", "Hello", 1_700_000_000 - 20)
    assert (str(row.sender), row.sender.address) == ("Ana Röth", "ana@roth.test")
    assert [str(to) for to in row.to] == ["alice@example.test", "Bob"]
    assert (row.in_thread, row.uids, row.is_read, row.has_attachment) == (1, (20,), False, False)


def test_a_page_beyond_the_end_is_empty() -> None:
    box = a_box()
    put(a_letter(box))
    page = window(box["INBOX"], start=10, count=5)
    assert page is not None
    assert (page.total, page.rows) == (1, ())


def test_mallory_sees_no_folder_of_another_mailbox() -> None:
    alice, mallory = a_box(), a_box("mallory")
    put(a_letter(alice))
    stolen = FolderRef(mallory.mailbox_id, alice["INBOX"].folder_id)
    assert window(stolen, start=0, count=5) is None
    assert changes_since(stolen, 1) is None
    assert folder_of(*(mallory.mailbox_id, alice["INBOX"].folder_id)) is None


def test_filters_and_labels() -> None:
    box = a_box()
    put(*(a_letter(box, n, has_attachment=n == 4) for n in range(1, 6)))
    perform(messages.set_flags(box["INBOX"], [(1, 2)], add=Flags(SEEN)))
    perform(messages.set_flags(box["INBOX"], [(3, 3)], add=Flags(FLAGGED) | Flags.named("Finance")))

    def uids(**chosen: object) -> list[int]:
        page = window(box["INBOX"], start=0, count=50, filter=Filter(**chosen))  # type: ignore[arg-type]
        assert page is not None
        assert page.total == len(page.rows)
        return [row.uid for row in page.rows]

    assert uids(unread=True) == [5, 4, 3]
    assert uids(starred=True) == [3]
    assert uids(label="finance") == [3]
    assert uids(label="nothing") == []
    assert uids(attachment=True) == [4]
    assert uids(unread=True, attachment=True) == [4]
    page = window(box["INBOX"], start=2, count=1)
    assert page is not None
    assert (page.rows[0].keywords, page.rows[0].is_starred) == (("Finance",), True)


def test_other_orders() -> None:
    box = a_box()
    put(*(a_letter(box, n, subject=["b", "Re: a", "c"][n - 1]) for n in (1, 2, 3)))

    def uids(order: Order, *, reverse: bool = False) -> list[int]:
        page = window(box["INBOX"], start=0, count=50, order=order, reverse=reverse)
        assert page is not None
        return [row.uid for row in page.rows]

    assert uids(Order.DATE) == [1, 2, 3]
    assert uids(Order.FROM) == [3, 1, 2]
    assert uids(Order.SUBJECT) == [2, 1, 3]
    assert uids(Order.SUBJECT, reverse=True) == [3, 1, 2]
    assert uids(Order.SIZE) == [3, 2, 1]
    put(a_letter(box, 4, subject="aa"))
    assert uids(Order.SUBJECT) == [2, 4, 1, 3]
    perform(messages.expunge(box["INBOX"], [(2, 2)], only_deleted=False))
    assert uids(Order.SUBJECT) == [4, 1, 3]


def test_one_row_a_conversation() -> None:
    box = a_box()
    first = f"<{box.mailbox_id}.1@example.test>"
    put(a_letter(box, 1), a_letter(box, 2), a_letter(box, 3, references=(first,)))
    perform(messages.set_flags(box["INBOX"], [(3, 3)], add=Flags(SEEN)))
    page = window(box["INBOX"], start=0, count=10, grouped=True)
    assert page is not None
    assert page.total == 2
    assert [(row.uid, row.uids, row.in_thread, row.unread) for row in page.rows] == [
        (3, (3, 1), 2, 1),
        (2, (2,), 1, 1),
    ]


def test_a_conversation_that_becomes_one_later_is_one_row() -> None:
    box = a_box()
    put(a_letter(box, 3, references=("<missing@example.test>",)), a_letter(box, 1))
    page = window(box["INBOX"], start=0, count=10, grouped=True)
    assert page is not None
    assert page.total == 2
    first = f"<{box.mailbox_id}.1@example.test>"
    put(a_letter(box, 2, message_id="<missing@example.test>", references=(first,)))
    page = window(box["INBOX"], start=0, count=10, grouped=True)
    assert page is not None
    assert [row.uids for row in page.rows] == [(3, 2, 1)]


def test_read_marks_of_ones_own() -> None:
    box = a_box()
    put(a_letter(box, 1), a_letter(box, 2))
    domain = Mailbox.objects.get(pk=box.mailbox_id).domain
    reader = User.objects.create(
        address=f"carol@{domain.name}", domain=domain, organisation_id=box.organisation_id
    )
    perform(seen.set_seen(box["INBOX"], reader.pk, [(1, 1)], seen=True))
    page = window(box["INBOX"], start=0, count=10, user_id=reader.pk)
    assert page is not None
    assert [(row.uid, row.is_read) for row in page.rows] == [(2, False), (1, True)]
    assert page.unread == 1
    tree = {row.name: row for row in folder_tree(box.mailbox_id, user_id=reader.pk)}
    assert tree["INBOX"].unread == 1


def test_what_changed() -> None:
    box = a_box()
    put(*(a_letter(box, n) for n in range(1, 6)))
    page = window(box["INBOX"], start=0, count=10)
    assert page is not None
    assert changes_since(box["INBOX"], page.modseq) == changes_since(box["INBOX"], page.modseq)
    perform(messages.set_flags(box["INBOX"], [(2, 2)], add=Flags(SEEN)))
    perform(messages.expunge(box["INBOX"], [(3, 4)], only_deleted=False))
    put(a_letter(box, 6), a_letter(box, 7))
    perform(messages.expunge(box["INBOX"], [(7, 7)], only_deleted=False))
    changes = changes_since(box["INBOX"], page.modseq)
    assert changes is not None
    assert not changes.reset
    assert changes.vanished == (3, 4)
    assert [row.uid for row in changes.new] == [6]
    assert [(row.uid, row.is_read) for row in changes.changed] == [(2, True)]
    assert (changes.messages, changes.unread) == (4, 3)
    later = changes_since(box["INBOX"], changes.modseq)
    assert later is not None
    assert (later.vanished, later.new, later.changed, later.reset) == ((), (), (), False)


def test_who_missed_too_much_starts_anew() -> None:
    box = a_box()
    for _ in range(3):
        put(*(a_letter(box, n) for n in range(200)))
    changes = changes_since(box["INBOX"], 1)
    assert changes is not None
    assert changes.reset
    assert changes.messages > MOST_CHANGES
    ahead = changes_since(box["INBOX"], changes.modseq + 5)
    assert ahead is not None
    assert ahead.reset


def test_states_let_go_of_what_was_not_used() -> None:
    states = FolderStates(limit_bytes=60)
    alice, bob = a_box(), a_box("bob")
    for box in (alice, bob):
        put(a_letter(box, 1), a_letter(box, 2))
        state = perform(states.current(box["INBOX"]))
        assert state is not None
        assert state.exists == 2
    assert list(states._states) == [bob["INBOX"]]


def test_the_tree(statements: list[str]) -> None:
    box = a_box()
    put(a_letter(box, 1))
    statements.clear()
    rows = folder_tree(box.mailbox_id)
    assert len(statements) == 1
    assert [row.name for row in rows] == ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"]
    assert (rows[0].messages, rows[0].unread, rows[0].label, rows[0].depth) == (1, 1, "INBOX", 0)
    assert special_folder(box.mailbox_id, "\\Sent") == box["Sent"]
