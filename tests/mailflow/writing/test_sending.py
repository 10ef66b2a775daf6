"""What is sent goes once, after time to think again, and only as whom its author is."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection, connections

from apps.accounts.models import User
from apps.events.audit import SYSTEM
from apps.events.models import MessageEvent
from apps.events.transactions import perform
from apps.mailboxes.models import Alias, Mailbox, MailboxMember
from apps.mailflow.models import Correspondent, Draft, Sending
from apps.mailflow.run_queue import Turn, run_local
from apps.mailflow.writing import drafts, outbox, release, sending, uploads
from apps.mailflow.writing.checks import NotSent, Reason
from apps.mailflow.writing.fields import FORWARDED, Answers, Fields, File
from apps.mailflow.writing.outbox import Recalled, TooLate
from apps.mailflow.writing.sending import HOLD, Sent
from apps.mailflow.writing.uploads import Uploaded
from apps.organisations.errors import NotFoundError
from apps.protocols.mime import original
from apps.protocols.mime.letter import Person
from apps.queue import operators
from apps.queue.models import Lane, QueuedMessage, QueuedRecipient, State
from apps.queue.services import claim_due
from apps.store.blobs import BlobRef, get
from apps.store.models import Message
from tests.factories import a_domain

from .desk import NOW, Desk, a_desk, a_letter, new_id, recipients

LETTER = a_letter("bob@far.example")
DUE = NOW + HOLD


@pytest.fixture
def alice(db: None) -> Desk:
    Sending.objects.all().delete()  # What tests that commit left behind is not counted; this is rolled back.
    return a_desk()


def turn() -> Turn:
    return Turn(time.monotonic, time.monotonic() + 30, lambda: False)


def sent(desk: Desk, fields: Fields = LETTER, **more: object) -> Sent:
    answer = sending.send(**desk.me, fields=fields, **{"now": NOW} | more)  # type: ignore[arg-type]
    assert isinstance(answer, Sent), answer
    return answer


def refused(desk: Desk, fields: Fields = LETTER, **more: object) -> NotSent:
    answer = sending.send(**desk.me, fields=fields, **{"now": NOW} | more)  # type: ignore[arg-type]
    assert isinstance(answer, NotSent), answer
    return answer


def draft(desk: Desk, fields: Fields = LETTER) -> drafts.Saved:
    answer = drafts.save(**desk.me, draft_id=new_id(), revision=0, fields=fields, now=NOW)
    assert isinstance(answer, drafts.Saved)
    return answer


def test_it_works(alice: Desk) -> None:
    first = draft(alice, dataclasses.replace(LETTER, bcc=(Person("secret@far.example"),)))
    fields = drafts.opened(user_id=alice.user.pk, draft_id=first.id, now=NOW).fields
    answer = sent(alice, fields, draft_id=first.id, revision=1)
    assert (answer.until, answer.is_held, answer.draft_id) == (DUE, True, first.id)
    assert alice.held("\\Drafts") == alice.held("\\Sent") == []
    assert not Draft.objects.filter(id=first.id).exists()
    rows = recipients(answer)
    assert [(row.address, row.state, row.lane) for row in rows] == [
        ("bob@far.example", State.HELD, Lane.REMOTE), ("secret@far.example", State.HELD, Lane.REMOTE),
    ]  # fmt: skip
    assert [waiting.id for waiting in outbox.outbox(alice.user.pk)] == [answer.id]
    trace_id = Sending.objects.get(id=answer.id).trace_id
    # Whom it is for must not learn of it while it may be recalled.
    assert not MessageEvent.objects.filter(trace_id=trace_id).exists()
    assert release.release_due(turn(), now=DUE - dt.timedelta(seconds=1)) == 0
    assert release.release_due(turn(), now=DUE) >= 1
    assert {row.state for row in recipients(answer)} == {State.QUEUED}
    message = QueuedMessage.objects.get(id=rows[0].message_id)
    body = perform(get(BlobRef(message.organisation_id, bytes(message.blob_hash), message.size)))
    [copy] = alice.held("\\Sent")
    assert b"secret" not in body
    assert copy.replace(b"Bcc: secret@far.example\r\n", b"") == body
    assert alice.flags(Message.objects.get(folder_id=alice.folder("\\Sent").pk).content_id) == ["\\Seen"]
    assert outbox.outbox(alice.user.pk) == ()
    assert release.release_due(turn(), now=DUE) == 0
    assert [event.kind for event in MessageEvent.objects.filter(trace_id=message.trace_id)] == ["accepted"]
    # An autosave that comes late does not bring it back.
    late = drafts.save(**alice.me, draft_id=first.id, revision=0, fields=LETTER, now=NOW)
    assert isinstance(late, drafts.Conflict)


def test_at_once(alice: Desk) -> None:
    answer = sent(alice, hold=dt.timedelta())
    assert not answer.is_held
    assert recipients(answer)[0].state == State.QUEUED
    assert len(alice.held("\\Sent")) == 1


@pytest.mark.usefixtures("real_database")
def test_it_arrives() -> None:
    alice = a_desk()
    bob = a_desk("bob", a_domain())
    file = uploads.add(user_id=alice.user.pk, name="Menü.pdf", media_type="application/pdf", content=b"%PDF")
    assert isinstance(file, Uploaded)
    sent(alice, a_letter(bob.address).with_files([File(file.id)]), hold=dt.timedelta())
    run_local(turn())
    [row] = Message.objects.filter(mailbox_id=bob.mailbox_id)
    body = bob.body(row.content_id)
    [copy] = alice.held("\\Sent")
    assert body.endswith(copy)
    assert body.startswith(b"Return-Path: <" + alice.address.encode())
    assert b"\r\nReceived: by " in body
    [part] = original.read(copy).parts
    assert (part.filename, part.media_type) == ("Menü.pdf", "application/pdf")


def test_recalled(alice: Desk) -> None:
    first = draft(alice)
    answer = sent(alice, draft_id=first.id, revision=1)
    for _ in range(2):
        assert outbox.recall(user_id=alice.user.pk, sending_id=answer.id, now=NOW) == Recalled(first.id)
    assert not QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).exists()
    assert len(alice.held("\\Drafts")) == 1
    assert alice.held("\\Sent") == []
    opened = drafts.opened(user_id=alice.user.pk, draft_id=first.id, now=NOW)
    assert opened.fields == LETTER
    assert release.release_due(turn(), now=DUE) == 0
    again = sent(alice, draft_id=first.id, revision=1)
    assert again.id != answer.id
    assert outbox.cancel(user_id=alice.user.pk, sending_id=again.id, now=NOW) == Recalled(None)
    assert alice.held("\\Drafts") == []


def test_too_late(alice: Desk) -> None:
    answer = sent(alice)
    release.release_due(turn(), now=DUE)
    assert outbox.recall(user_id=alice.user.pk, sending_id=answer.id, now=DUE) == TooLate()
    assert outbox.send_now(user_id=alice.user.pk, sending_id=answer.id, now=DUE) == TooLate()
    # An operator may let a part go; then the rest cannot be recalled.
    two = sent(alice, Fields(to=(Person("a@far.example"), Person("b@far.example"))))
    operators.release([recipients(two)[0].pk], actor=SYSTEM)
    assert outbox.recall(user_id=alice.user.pk, sending_id=two.id, now=NOW) == TooLate()
    assert len(recipients(two)) == 2


def test_later(alice: Desk) -> None:
    at = NOW + dt.timedelta(days=30)
    answer = sending.send_later(**alice.me, fields=LETTER, at=at, now=NOW)
    assert isinstance(answer, Sent)
    assert (answer.until, answer.scheduled) == (at, True)
    assert outbox.outbox(alice.user.pk)[0].scheduled
    assert release.release_due(turn(), now=at - dt.timedelta(seconds=1)) == 0
    assert release.release_due(turn(), now=at) == 1
    assert original.read(alice.held("\\Sent")[0]).sent_at == at
    # It is tried for as long as any other: the queue counts from when it left.
    assert QueuedMessage.objects.get(organisation_id=alice.user.organisation_id).accepted_at == at
    soon = sending.send_later(**alice.me, fields=LETTER, at=NOW, now=NOW)
    assert soon == NotSent(Reason.TOO_SOON)


def test_now(alice: Desk) -> None:
    answer = sending.send_later(**alice.me, fields=LETTER, at=NOW + dt.timedelta(days=1), now=NOW)
    assert isinstance(answer, Sent)
    assert outbox.send_now(user_id=alice.user.pk, sending_id=answer.id, now=NOW) is None
    assert recipients(answer)[0].state == State.QUEUED
    assert len(alice.held("\\Sent")) == 1


@pytest.mark.parametrize(("how", "flag"), [("reply", "\\Answered"), (FORWARDED, "$Forwarded")])
def test_the_original_is_marked_when_it_leaves(alice: Desk, how: str, flag: str) -> None:
    placed = alice.put(b"Subject: Hi\r\n\r\nhello\r\n")
    sent(alice, dataclasses.replace(LETTER, answers=Answers(alice.mailbox_id, placed.content_id, how)))
    assert alice.flags(placed.content_id) == []
    release.release_due(turn(), now=DUE)
    assert alice.flags(placed.content_id) == [flag]


def test_one_key_is_one_letter(alice: Desk) -> None:
    first = sent(alice, idempotency_key="k")
    assert sent(alice, idempotency_key="k", now=NOW + dt.timedelta(hours=1)) == first
    other = dataclasses.replace(LETTER, subject="other")
    assert refused(alice, other, idempotency_key="k").reason == Reason.KEY_USED
    release.release_due(turn(), now=DUE)
    assert sent(alice, idempotency_key="k").id == first.id
    assert sent(alice, idempotency_key="k", now=NOW + dt.timedelta(hours=25)).id != first.id
    bob = a_desk("bob")
    assert sent(bob, idempotency_key="k").id != first.id
    taken_back = sent(alice, idempotency_key="other")
    outbox.recall(user_id=alice.user.pk, sending_id=taken_back.id, now=NOW)
    again = sent(alice, idempotency_key="other")
    assert (again.id, again.is_held, again.is_recalled) == (taken_back.id, False, True)


def test_one_draft_is_sent_once(alice: Desk) -> None:
    first = draft(alice)
    answer = sent(alice, draft_id=first.id, revision=1)
    assert sent(alice, draft_id=first.id, revision=1) == answer
    assert QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).count() == 1


def test_what_another_window_wrote_on_is_not_taken_for_what_was_sent(alice: Desk) -> None:
    first = draft(alice)
    sent(alice, draft_id=first.id, revision=1)
    longer = dataclasses.replace(LETTER, text="and a page more")
    assert refused(alice, longer, draft_id=first.id, revision=1) == NotSent(Reason.DRAFT_GONE)
    assert QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).count() == 1


def test_each_refusal(alice: Desk, settings: object) -> None:
    nothing = Fields(subject="x")
    assert refused(alice, nothing).reason == Reason.NO_RECIPIENTS
    assert refused(alice, a_letter("half-typed")) == NotSent(Reason.BAD_ADDRESS, ("half-typed",))
    missing = f"nobody@{alice.address.partition('@')[2]}"
    assert refused(alice, a_letter(missing)) == NotSent(Reason.NO_SUCH_USER, (missing,))
    other = dataclasses.replace(LETTER, author=Person("boss@far.example"))
    assert refused(alice, other) == NotSent(Reason.SENDER_NOT_YOURS, ("boss@far.example",))
    assert refused(alice, LETTER.with_files([File(2**40)])).reason == Reason.FILE_GONE
    full = a_desk("full")
    Mailbox.objects.filter(id=full.mailbox_id).update(quota_bytes=1)
    assert refused(alice, a_letter(full.address)) == NotSent(Reason.MAILBOX_FULL, (full.address,))
    first = draft(alice)
    assert refused(alice, draft_id=first.id, revision=7).reason == Reason.STALE
    assert refused(alice, draft_id=new_id(), revision=7).reason == Reason.DRAFT_GONE
    settings.MAIL_MAX_RECIPIENTS = 1  # type: ignore[attr-defined]
    two = Fields(to=(Person("a@far.example"), Person("b@far.example")))
    assert refused(alice, two).reason == Reason.TOO_MANY_RECIPIENTS
    settings.MAIL_RATE_USER = 1  # type: ignore[attr-defined]
    sent(alice)
    assert refused(alice, a_letter("c@far.example"), draft_id=first.id).reason == Reason.RATE_LIMITED
    assert Draft.objects.filter(id=first.id).exists()
    settings.MAIL_RATE_USER = 0  # type: ignore[attr-defined]
    settings.MAIL_MAX_MESSAGE_BYTES = 100  # type: ignore[attr-defined]
    assert refused(alice).reason == Reason.TOO_LARGE
    settings.MAIL_MAX_MESSAGE_BYTES = 10_000  # type: ignore[attr-defined]
    User.objects.filter(id=alice.user.pk).update(is_active=False)
    assert refused(alice).reason == Reason.SWITCHED_OFF
    assert Sending.objects.filter(user=alice.user).count() == 1


def test_who_leaves_sends_no_more(alice: Desk) -> None:
    sent(alice)
    User.objects.filter(id=alice.user.pk).update(is_active=False)
    assert release.release_due(turn(), now=DUE) == 0
    assert not QueuedRecipient.objects.filter(message__organisation_id=alice.user.organisation_id).exists()
    assert len(alice.held("\\Drafts")) == 1
    assert alice.held("\\Sent") == []


def test_as_an_alias_and_from_a_shared_mailbox(alice: Desk) -> None:
    domain = alice.user.domain
    Alias.objects.create(domain=domain, local_part="sales", targets=[alice.address])
    author = Person(f"sales@{domain.name}", "Sales")
    sent(alice, dataclasses.replace(LETTER, author=author), hold=dt.timedelta())
    assert original.read(alice.held("\\Sent")[0]).author == (author,)
    team = a_desk("team", domain)
    MailboxMember.objects.create(
        mailbox_id=team.mailbox_id, user=alice.user, rights=["read", "write", "send"]
    )
    sending.send(
        user_id=alice.user.pk, mailbox_id=team.mailbox_id, now=NOW, hold=dt.timedelta(),
        fields=dataclasses.replace(LETTER, author=team.person),
    )  # fmt: skip
    assert len(team.held("\\Sent")) == 1
    assert len(alice.held("\\Sent")) == 1


def test_mallory_finds_nothing(alice: Desk) -> None:
    mallory = a_desk("mallory")
    answer, first = sent(alice), draft(alice)
    for verb in (outbox.recall, outbox.cancel, outbox.send_now):
        with pytest.raises(NotFoundError):
            verb(user_id=mallory.user.pk, sending_id=answer.id, now=NOW)
    with pytest.raises(NotFoundError):
        sending.send(user_id=mallory.user.pk, mailbox_id=alice.mailbox_id, fields=LETTER, now=NOW)
    with pytest.raises(NotFoundError):
        sending.send(**mallory.me, fields=LETTER, now=NOW, draft_id=first.id)
    as_alice = dataclasses.replace(LETTER, author=alice.person)
    assert refused(mallory, as_alice).reason == Reason.SENDER_NOT_YOURS
    assert outbox.outbox(mallory.user.pk) == ()


@pytest.mark.parametrize("rights", [[], ["read", "send"]])
def test_nobody_marks_what_is_not_theirs_to_change(alice: Desk, rights: list[str]) -> None:
    placed = alice.put(b"Subject: x\r\n\r\n")
    mallory = a_desk("mallory", alice.user.domain if rights else None)
    if rights:
        MailboxMember.objects.create(mailbox_id=alice.mailbox_id, user=mallory.user, rights=rights)
    answers = Answers(alice.mailbox_id, placed.content_id)
    sent(mallory, dataclasses.replace(LETTER, answers=answers), hold=dt.timedelta())
    assert len(mallory.held("\\Sent")) == 1
    assert alice.flags(placed.content_id) == []


def test_names_cannot_become_fields(alice: Desk) -> None:
    evil = Fields(
        to=(Person("bob@far.example", "x\r\nBcc: mallory@far.example"),), subject="a\r\nFrom: boss@far.example\r\n\r\nb",
        in_reply_to="<a@b>\r\nX: 1", references=("<a@b>\nX: 1",),
    )  # fmt: skip
    answer = sent(alice, evil, hold=dt.timedelta())
    assert [row.address for row in recipients(answer)] == ["bob@far.example"]
    read = original.read(alice.held("\\Sent")[0])
    assert (read.author, read.bcc, read.references) == ((Person(alice.address),), (), ())


def test_the_outbox_asks_once(alice: Desk) -> None:
    for number in range(5):
        sent(alice, a_letter(f"u{number}@far.example"))
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        assert len(outbox.outbox(alice.user.pk)) == 5
    assert len(asked) == 1
    assert Correspondent.objects.filter(user=alice.user).count() == 5


def at_once(*work: Callable[[], object]) -> list[object]:
    """Do things at the same time, each on a connection of its own; return what each said."""
    answers: list[object] = [None] * len(work)
    start = Barrier(len(work))

    def run(number: int) -> None:
        try:
            start.wait()
            answers[number] = work[number]()
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.usefixtures("real_database")
def test_a_key_used_by_four_at_once() -> None:
    alice = a_desk()
    answers = at_once(*[lambda: sent(alice, idempotency_key="k")] * 4)
    assert len({answer.id for answer in answers if isinstance(answer, Sent)}) == 1
    assert all(isinstance(answer, Sent) for answer in answers)
    assert QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).count() == 1


@pytest.mark.usefixtures("real_database")
def test_recall_against_release() -> None:
    alice = a_desk()
    for _ in range(5):
        QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).delete()
        before = len(alice.held("\\Sent")), len(alice.held("\\Drafts"))
        answer = sent(alice)
        recalled, again, released = at_once(
            partial(outbox.recall, user_id=alice.user.pk, sending_id=answer.id, now=DUE),
            partial(outbox.recall, user_id=alice.user.pk, sending_id=answer.id, now=DUE),
            partial(release.release, answer.id, DUE),
        )
        after = len(alice.held("\\Sent")), len(alice.held("\\Drafts"))
        assert recalled == again
        if released:
            assert recalled == TooLate()
            assert after == (before[0] + 1, before[1])
            assert recipients(answer)[0].state == State.QUEUED
        else:
            assert isinstance(recalled, Recalled)
            assert after == (before[0], before[1] + 1)
            assert recipients(answer) == []


@pytest.mark.usefixtures("real_database")
def test_no_courier_has_what_is_held() -> None:
    alice = a_desk()
    answer = sent(alice)
    claimed = perform(claim_due(Lane.REMOTE, 1000, "somebody"))
    assert recipients(answer)[0].pk not in {parcel.id for parcel in claimed}


@pytest.mark.usefixtures("real_database")
def test_first_saves_at_once_are_one_draft() -> None:
    alice, draft_id = a_desk(), new_id()
    answers = at_once(
        *[lambda: drafts.save(**alice.me, draft_id=draft_id, revision=0, fields=LETTER, now=NOW)] * 4
    )
    assert all(isinstance(answer, drafts.Saved) for answer in answers)
    assert len(alice.held("\\Drafts")) == 1
