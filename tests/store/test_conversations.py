"""Which messages are a conversation, in whatever order they come, and what is shown of it."""

import itertools
import random
import threading as threads_of_python

import pytest
from django.db import connection

from apps.events.transactions import perform, query
from apps.store import threading
from apps.store.conversations import conversation
from apps.store.flags import SEEN, Flags
from apps.store.models import Content, ThreadMerge
from apps.store.services import messages
from apps.store.threading import NOTHING, Known, assign
from apps.store.values import MessageFacts
from tests.store.mail import Box, a_box, a_message, put

A, B, C, X = 101, 102, 103, 999


def letter(box: Box, own: str, *refs: str, folder: str = "INBOX", sent: int = 0, body: bytes = b"x") -> int:
    facts = MessageFacts(
        b"(NIL)",
        b"(NIL)",
        b"\1",
        subject=own,
        from_addr="ana@roth.test",
        message_id=f"<{own}>",
        references=tuple(f"<{ref}>" for ref in refs),
        sent_at=sent or None,
    )
    return put(a_message(box, folder, facts=facts, body=body))[0]


def threads(box: Box) -> dict[str, int]:
    return dict(Content.objects.filter(mailbox_id=box.mailbox_id).values_list("subject", "thread_id"))


@pytest.mark.parametrize("order", list(itertools.permutations([(A, ()), (B, (A,)), (C, (B,))])))
def test_three_letters_are_one_conversation_in_whatever_order_they_come(
    order: tuple[tuple[int, tuple[int, ...]], ...],
) -> None:
    found, merges = assign([(7, own, refs) for own, refs in order], NOTHING)
    assert len(set(found)) == 1
    assert all(new == found[0] for _, _, new in merges)


def test_a_reply_to_what_is_here_belongs_to_it() -> None:
    assert assign([(7, B, (A,))], Known({(7, A): 5})) == ([5], [])


def test_no_mailbox_knows_of_another() -> None:
    assert assign([(8, B, (A,))], Known({(7, A): 5})) == ([A], [])


def test_a_stranger_cannot_mix_two_conversations() -> None:
    """Both begin with messages that are here, so neither is provisional."""
    known = Known({(7, A): A, (7, B): B}, frozenset({(7, A), (7, B)}))
    assert assign([(7, X, (A, B))], known) == ([B], [])
    # Nor by a second message with the id of one that is here.
    assert assign([(7, A, (B,))], known) == ([B], [])


def test_two_that_wait_are_joined_by_one_that_knows_both() -> None:
    known = Known({}, frozenset({(7, A), (7, B)}))
    assert assign([(7, X, (A, B))], known) == ([A], [(7, B, A)])


@pytest.mark.django_db
class TestStored:
    """What the database makes of it."""

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_a_missing_parent_joins(self, order: tuple[int, ...]) -> None:
        box = a_box()
        letters = [("a",), ("b", "a"), ("c", "b")]
        for n in order:
            letter(box, *letters[n], folder=["INBOX", "Sent", "Archive"][n])
        assert len(set(threads(box).values())) == 1
        assert perform(threading.rebuild(box.mailbox_id)) == 0

    def test_a_merge_is_told(self) -> None:
        box = a_box()
        letter(box, "c", "b")
        letter(box, "a")
        letter(box, "b", "a")
        [merge] = ThreadMerge.objects.filter(mailbox_id=box.mailbox_id)
        assert merge.old == threading.hash_of("b")
        assert {merge.new} == set(threads(box).values())

    def test_rebuilding_finds_what_was_missed(self) -> None:
        box = a_box()
        letter(box, "a")
        letter(box, "b", "a")
        perform(
            query(
                "UPDATE store_content SET thread_id = id WHERE mailbox_id = %s RETURNING id", [box.mailbox_id]
            )
        )
        assert perform(threading.rebuild(box.mailbox_id)) == 2
        assert set(threads(box).values()) == {threading.hash_of("a")}
        assert perform(threading.rebuild(box.mailbox_id)) == 0
        assert [
            (merge.old, merge.new) for merge in ThreadMerge.objects.filter(mailbox_id=box.mailbox_id)
        ] == [(0, 0)]

    def test_all_folders_and_each_message_once(self) -> None:
        box = a_box()
        letter(box, "a", sent=10)
        letter(box, "b", "a", folder="Sent", sent=30)
        letter(box, "c", "b", sent=20)
        letter(box, "d", "c", folder="Trash", sent=40)
        letter(box, "e", "c", folder="Junk", sent=50)
        letter(box, "unrelated")
        perform(messages.copy(box["INBOX"], box["Archive"], [(1, 1)]))
        letter(box, "b", "a", sent=30, body=b"as the list sent it")
        found = conversation(
            box.mailbox_id, thread_id=threading.hash_of("a"), opened_from=box["INBOX"].folder_id
        )
        assert [row.subject for row in found] == ["a", "c", "b"]
        assert {row.folder_id for row in found} == {box["INBOX"].folder_id}
        again = conversation(
            box.mailbox_id, content_id=found[0].content_id, opened_from=box["Sent"].folder_id
        )
        assert [row.folder_id for row in again if row.subject == "b"] == [box["Sent"].folder_id]
        trashed = conversation(
            box.mailbox_id, content_id=found[0].content_id, opened_from=box["Trash"].folder_id
        )
        assert [row.subject for row in trashed] == ["a", "c", "b", "d"]

    def test_a_message_that_only_claims_the_same_id_is_shown_too(self) -> None:
        box = a_box()
        letter(box, "a")
        forged = MessageFacts(
            b"(NIL)", b"(NIL)", b"\1", subject="pay here", from_addr="mallory@x.test", message_id="<a>"
        )
        put(a_message(box, facts=forged))
        assert len(conversation(box.mailbox_id, thread_id=threading.hash_of("a"))) == 2

    def test_flags_are_those_of_the_folder(self) -> None:
        box = a_box()
        letter(box, "a")
        perform(messages.set_flags(box["INBOX"], [(1, 1)], add=Flags(SEEN)))
        [row] = conversation(box.mailbox_id, thread_id=threading.hash_of("a"))
        assert row.is_read

    def test_mallory_finds_nothing(self) -> None:
        alice, mallory = a_box(), a_box("mallory")
        letter(alice, "a")
        content = Content.objects.get(mailbox_id=alice.mailbox_id)
        assert conversation(mallory.mailbox_id, content_id=content.id) == []
        assert conversation(mallory.mailbox_id, thread_id=content.thread_id) == []


@pytest.mark.usefixtures("real_database")
def test_what_comes_at_the_same_time_is_one_conversation_at_the_latest_after_rebuilding() -> None:
    box = a_box()
    chain = [("m0",), *((f"m{n}", f"m{n - 1}") for n in range(1, 24))]
    random.Random(7).shuffle(chain)

    def work(some: list[tuple[str, ...]]) -> None:
        try:
            for n, one in enumerate(some):
                letter(box, *one, folder=["INBOX", "Sent", "Archive"][n % 3])
        finally:
            connection.close()

    workers = [threads_of_python.Thread(target=work, args=[chain[n::4]]) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(threads(box)) == 24
    perform(threading.rebuild(box.mailbox_id))
    assert len(set(threads(box).values())) == 1
