"""Local mail is filed and settled in one transaction, whoever dies and whatever arrives."""

import dataclasses
import itertools
import threading
import time

import pytest
from django.db import connections

from apps.events.audit import SYSTEM
from apps.events.models import MessageEvent
from apps.events.trace import Kind
from apps.events.transactions import perform
from apps.mailboxes.models import Mailbox
from apps.mailflow import deliver_local, removal, run_queue
from apps.mailflow.run_queue import Turn, run_local
from apps.queue import services
from apps.queue.models import Lane, QueuedMessage, QueuedRecipient, State
from apps.reports.models import Incoming
from apps.store.models import Content, Folder, Message
from tests.factories import a_domain, a_mailbox
from tests.queue.letters import a_letter, claim, local, queue

pytestmark = pytest.mark.usefixtures("real_database")
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _empty_queue(real_database: None) -> None:
    QueuedRecipient.objects.all().delete()


def turn(seconds: float = 30) -> Turn:
    return Turn(time.monotonic, time.monotonic() + seconds, lambda: False)


def recipients_of(mailbox: Mailbox, n: int = 1) -> list[QueuedRecipient]:
    organisation = mailbox.domain.organisation_id
    return [queue(local(mailbox.pk, organisation, str(mailbox)))[0] for _ in range(n)]


def filed(mailbox: Mailbox) -> int:
    return Message.objects.filter(mailbox_id=mailbox.pk).count()


def test_it_works() -> None:
    alice = a_mailbox()
    [row] = recipients_of(alice)
    assert run_local(turn()) == 1
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    [message] = Message.objects.filter(mailbox_id=alice.pk)
    assert Folder.objects.get(id=message.folder_id).name == "INBOX"
    content = Content.objects.get(mailbox_id=alice.pk, id=message.content_id)
    assert bytes(content.prefix) == (
        f"Return-Path: <bob@example.test>\r\nDelivered-To: {alice}\r\nReceived: from there\r\n".encode()
    )
    assert content.subject == "hello"
    assert content.size == len(content.prefix) + row.size
    assert content.trace_id is not None
    [event] = MessageEvent.objects.filter(trace_id=content.trace_id)
    assert (event.kind, event.detail["uid"], event.detail["folder"]) == (Kind.FILED, 1, "INBOX")
    assert run_local(turn()) == 0


def test_a_full_mailbox_still_gets_what_was_accepted() -> None:
    alice = a_mailbox(quota_bytes=1)
    recipients_of(alice)
    assert run_local(turn()) == 1
    assert filed(alice) == 1


def test_a_mailbox_switched_off_since_then_fails() -> None:
    alice = a_mailbox()
    [row] = recipients_of(alice)
    Mailbox.objects.filter(pk=alice.pk).update(is_active=False)
    assert run_local(turn()) == 1
    row.refresh_from_db()
    assert (row.state, row.last_reply[:9]) == (State.FAILED, "550 5.2.1")
    assert filed(alice) == 0


def test_a_mailbox_that_is_gone_fails() -> None:
    alice = a_mailbox()
    row = queue(local(2**40, alice.domain.organisation_id))[0]
    assert run_local(turn()) == 1
    row.refresh_from_db()
    assert (row.state, row.last_reply[:9]) == (State.FAILED, "550 5.1.1")


def test_an_inbox_is_made_where_it_is_missing() -> None:
    alice = a_mailbox()
    assert not Folder.objects.filter(mailbox=alice, name="INBOX").exists()
    recipients_of(alice, 2)
    assert run_local(turn()) == 2
    assert Folder.objects.filter(mailbox=alice, name="INBOX").count() == 1
    assert filed(alice) == 2


def test_poison_stands_alone_and_its_neighbours_are_filed() -> None:
    alice = a_mailbox()
    rows = recipients_of(alice, 21)
    poison = rows[13]
    QueuedMessage.objects.filter(id=poison.message_id).update(facts=b"not facts at all")
    assert run_local(turn()) == 21
    poison.refresh_from_db()
    assert poison.state == State.POISON
    assert "not facts" in poison.last_reply
    assert filed(alice) == 20
    event = MessageEvent.objects.get(trace_id=poison.message.trace_id)
    assert event.kind == Kind.POISONED
    # It waits for an operator and keeps nobody else waiting.
    assert run_local(turn()) == 0
    recipients_of(alice)
    assert run_local(turn()) == 1


def test_a_parcel_that_was_claimed_again_and_again_is_set_aside() -> None:
    alice = a_mailbox()
    suspect, other = recipients_of(alice, 2)
    QueuedRecipient.objects.filter(id=suspect.id).update(attempts=deliver_local.CONDEMNED)
    assert run_local(turn()) == 2
    suspect.refresh_from_db()
    other.refresh_from_db()
    assert (suspect.state, other.state) == (State.POISON, State.DELIVERED)


def test_a_worker_that_lost_its_lease_files_nothing() -> None:
    alice = a_mailbox()
    recipients_of(alice, 2)
    late = claim(Lane.LOCAL, "the late one")
    QueuedRecipient.objects.filter(id=late[0].id).update(lease_owner="somebody else")
    assert perform(deliver_local.file(late, "the late one")) == 1
    assert filed(alice) == 1


def test_two_workers_never_deliver_one_parcel_twice() -> None:
    domain = a_domain()
    boxes = [a_mailbox(f"user{n}", domain=domain) for n in range(4)]
    organisation = domain.organisation_id
    for _ in range(60):
        perform(a_letter(*(local(box.pk, organisation, str(box)) for box in boxes)))

    def work() -> None:
        run_local(turn())
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_local(turn())
    assert [filed(box) for box in boxes] == [60] * 4
    assert Message.objects.filter(mailbox_id=boxes[0].pk).values("content_id").distinct().count() == 60


def test_a_lease_that_expired_is_taken_over() -> None:
    alice = a_mailbox()
    [row] = recipients_of(alice)
    run_queue._next_look.clear()
    perform(services.claim_due(Lane.LOCAL, 1, "a worker on another machine"))
    # Nobody on this database has that name, so nobody can settle it any more.
    assert run_local(turn()) == 1
    assert filed(alice) == 1
    row.refresh_from_db()
    assert row.attempts == 2


def test_headers_never_break_into_lines() -> None:
    assert deliver_local.headers("a\r\nX: b@far.example", "alice@example.test") == (
        b"Return-Path: <aX: b@far.example>\r\nDelivered-To: alice@example.test\r\n"
    )
    assert deliver_local.headers("", "alice@example.test").startswith(b"Return-Path: <>\r\n")


def test_a_turn_that_is_over_claims_nothing() -> None:
    alice = a_mailbox()
    recipients_of(alice)
    over = turn(0)
    assert run_local(dataclasses.replace(over, is_stopping=lambda: True)) == 0
    assert filed(alice) == 0


def test_mail_for_a_mailbox_deleted_meanwhile_fails() -> None:
    alice = a_mailbox()
    [row] = recipients_of(alice)
    removal.delete_mailbox(mailbox=alice, actor=SYSTEM)
    assert removal.finish(alice.pk)
    assert run_local(turn()) == 1
    row.refresh_from_db()
    assert row.state == State.FAILED


def test_a_report_is_read_and_not_filed() -> None:
    """Where nobody made a mailbox for it; one that has the name gets it, too."""
    alice = a_mailbox()
    organisation = alice.domain.organisation_id
    [row] = queue(local(alice.pk, organisation, f"dmarc-reports@{alice.domain.name}"))
    tls = a_mailbox("tlsrpt", domain=alice.domain)
    queue(local(tls.pk, organisation, str(tls)))
    assert run_local(turn()) == 2
    row.refresh_from_db()
    assert (row.state, filed(alice), filed(tls)) == (State.DELIVERED, 0, 1)
    waiting = Incoming.objects.filter(domain=alice.domain)
    assert [each.is_sure for each in waiting] == [True, True]
