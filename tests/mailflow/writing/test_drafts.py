"""Drafts are saved without loss and without copies, whoever else writes them."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from apps.events.transactions import perform
from apps.mailflow.models import Draft, Upload
from apps.mailflow.writing import drafts, uploads
from apps.mailflow.writing.drafts import Conflict, Saved, TooLong
from apps.mailflow.writing.fields import Fields, File
from apps.mailflow.writing.uploads import TooLarge, Uploaded
from apps.organisations.errors import NotFoundError
from apps.protocols.mime import original
from apps.protocols.mime.letter import Person
from apps.queue.models import QueuedMessage
from apps.store.models import Folder
from apps.store.services import messages
from apps.store.values import FolderRef
from tests.factories import a_domain

from .desk import NOW, Desk, a_desk, a_letter, new_id

pytestmark = pytest.mark.django_db
LETTER = a_letter("bob@far.example", bcc=(Person("secret@far.example"), Person("half-typed")))


@pytest.fixture
def alice() -> Desk:
    return a_desk()


def saved(alice: Desk, fields: Fields = LETTER, revision: int = 0, **more: Any) -> Saved:
    given: dict[str, Any] = {"now": NOW, "draft_id": new_id()} | more
    answer = drafts.save(**alice.me, revision=revision, fields=fields, **given)
    assert isinstance(answer, Saved), answer
    return answer


def expunge(alice: Desk, uid: int) -> None:
    ref = FolderRef(alice.mailbox_id, alice.folder("\\Drafts").pk)
    perform(messages.expunge(ref, [(uid, uid)], only_deleted=False))


def test_it_works(alice: Desk) -> None:
    first = saved(alice)
    assert (first.revision, first.is_placed) == (1, True)
    [body] = alice.held("\\Drafts")
    assert b"Bcc: secret@far.example\r\n" in body
    row = Draft.objects.get(id=first.id)
    assert alice.flags(row.content_id or 0) == ["\\Seen", "\\Draft"]
    second = saved(alice, dataclasses.replace(LETTER, text="more\n"), 1, draft_id=first.id)
    assert second.revision == 2
    [body] = alice.held("\\Drafts")
    assert body.endswith(b"more\r\n")
    assert original.read(body).message_id == row.message_id
    opened = drafts.opened(user_id=alice.user.pk, draft_id=first.id, now=NOW)
    assert (opened.fields, opened.revision) == (dataclasses.replace(LETTER, text="more\n"), 2)
    assert not QueuedMessage.objects.filter(organisation_id=alice.user.organisation_id).exists()


def test_what_did_not_change_is_not_written(alice: Desk) -> None:
    first = saved(alice)
    before = alice.folder("\\Drafts").modseq
    for revision in (1, 0):  # Also said again by who never heard the answer.
        assert saved(alice, revision=revision, draft_id=first.id) == first
    assert alice.folder("\\Drafts").modseq == before


def test_two_windows(alice: Desk) -> None:
    first = saved(alice)
    saved(alice, dataclasses.replace(LETTER, text="one window\n"), 1, draft_id=first.id)
    other = dataclasses.replace(LETTER, text="the other\n")
    answer = drafts.save(**alice.me, draft_id=first.id, revision=1, fields=other, now=NOW)
    assert isinstance(answer, Conflict)
    assert answer.theirs
    assert (answer.revision, answer.theirs.text, answer.mine) == (2, "one window\n", other)
    assert alice.held("\\Drafts")[0].endswith(b"one window\r\n")
    assert saved(alice, other, answer.revision, draft_id=first.id).revision == 3


def test_another_program_deletes_it(alice: Desk) -> None:
    first = saved(alice)
    expunge(alice, Draft.objects.get(id=first.id).uid or 0)
    answer = drafts.save(**alice.me, draft_id=first.id, revision=1, fields=a_letter("x@y.example"), now=NOW)
    assert isinstance(answer, Conflict)
    assert (answer.theirs, answer.revision) == (None, 2)
    assert alice.held("\\Drafts") == []
    assert saved(alice, a_letter("x@y.example"), 2, draft_id=first.id).is_placed
    assert len(alice.held("\\Drafts")) == 1


def test_another_program_edits_it(alice: Desk) -> None:
    first = saved(alice)
    [body] = alice.held("\\Drafts")
    expunge(alice, Draft.objects.get(id=first.id).uid or 0)
    alice.put(body.replace(b"hello", b"from my phone"), alice.folder("\\Drafts"))
    answer = drafts.save(**alice.me, draft_id=first.id, revision=1, fields=a_letter("x@y.example"), now=NOW)
    assert isinstance(answer, Conflict)
    assert answer.theirs
    assert (answer.theirs.text, answer.revision) == ("from my phone", 2)
    opened = drafts.opened(user_id=alice.user.pk, draft_id=first.id, now=NOW)
    assert opened.fields.text == "from my phone"
    saved(alice, a_letter("x@y.example"), 2, draft_id=first.id)
    assert len(alice.held("\\Drafts")) == 1


def test_a_draft_of_another_program(alice: Desk) -> None:
    body = (
        b"From: x@y.example\r\nTo: bob@far.example\r\nSubject: Hi\r\nMessage-ID: <1@phone>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: image/png; name=a.png\r\n\r\npng\r\n--b--\r\n"
    )
    placed = alice.put(body, alice.folder("\\Drafts"))
    found = [drafts.open_message(**alice.me, content_id=placed.content_id, now=NOW) for _ in range(2)]
    assert found[0] == found[1]
    assert (found[0].fields.subject, found[0].fields.text) == ("Hi", "hello")
    [file] = found[0].fields.files
    assert uploads.content(user_id=alice.user.pk, upload_id=file.upload_id)[1] == b"png"
    saved(alice, dataclasses.replace(found[0].fields, subject="Ho"), found[0].revision, draft_id=found[0].id)
    [now] = alice.held("\\Drafts")
    assert b"Subject: Ho\r\n" in now
    assert b"<1@phone>" in now


def test_files_are_not_copied_with_every_save(alice: Desk) -> None:
    file = uploads.add(
        user_id=alice.user.pk, name="C:\\x\\big.bin", media_type="a/b", content=b"\x00" * 300_000
    )
    assert isinstance(file, Uploaded)
    assert file.name == "big.bin"
    fields = LETTER.with_files([File(file.id)])
    first = saved(alice, fields)
    assert first.is_placed
    again = saved(
        alice,
        dataclasses.replace(fields, text="x\n"),
        1,
        draft_id=first.id,
        now=NOW + dt.timedelta(seconds=3),
    )
    assert not again.is_placed
    assert alice.held("\\Drafts")[0].count(b"hello") == 1
    later = NOW + dt.timedelta(minutes=2)
    assert drafts.settle_due(now=later) >= 1
    assert len(alice.held("\\Drafts")) == 1
    assert Draft.objects.get(id=first.id).placed_revision == 2
    done = saved(alice, dataclasses.replace(fields, text="y\n"), 2, draft_id=first.id, now=later, settle=True)
    assert done.is_placed


def test_a_full_mailbox_still_keeps_the_text(alice: Desk) -> None:
    from apps.mailboxes.models import Mailbox

    Mailbox.objects.filter(id=alice.mailbox_id).update(quota_bytes=1)
    assert not saved(alice).is_placed
    assert alice.held("\\Drafts") == []


def test_a_folder_of_another_name(alice: Desk) -> None:
    Folder.objects.filter(mailbox_id=alice.mailbox_id, name="Drafts").update(name="Entwürfe")
    saved(alice)
    assert len(alice.held("\\Drafts")) == 1


def test_thrown_away(alice: Desk) -> None:
    first = saved(alice)
    drafts.discard(user_id=alice.user.pk, draft_id=first.id)
    assert alice.held("\\Drafts") == []
    answer = drafts.save(**alice.me, draft_id=first.id, revision=1, fields=LETTER, now=NOW)
    assert isinstance(answer, Conflict)
    assert (answer.theirs, answer.revision) == (None, 0)
    assert alice.held("\\Drafts") == []


def test_too_long(alice: Desk) -> None:
    long = Fields(text="x" * 5_000_000)
    assert drafts.save(**alice.me, draft_id=new_id(), revision=0, fields=long, now=NOW) == TooLong()


def test_mallory_finds_nothing(alice: Desk) -> None:
    mallory = a_desk("mallory", a_domain())
    first = saved(alice)
    with pytest.raises(NotFoundError):
        drafts.save(
            user_id=mallory.user.pk,
            mailbox_id=alice.mailbox_id,
            draft_id=new_id(),
            revision=0,
            fields=LETTER,
            now=NOW,
        )
    with pytest.raises(NotFoundError):
        drafts.save(**mallory.me, draft_id=first.id, revision=1, fields=LETTER, now=NOW)
    with pytest.raises(NotFoundError):
        drafts.opened(user_id=mallory.user.pk, draft_id=first.id, now=NOW)
    with pytest.raises(NotFoundError):
        drafts.discard(user_id=mallory.user.pk, draft_id=first.id)
    content_id = Draft.objects.get(id=first.id).content_id or 0
    with pytest.raises(NotFoundError):
        drafts.open_message(
            user_id=mallory.user.pk, mailbox_id=alice.mailbox_id, content_id=content_id, now=NOW
        )
    file = uploads.add(user_id=alice.user.pk, name="a", media_type="a/b", content=b"x")
    assert isinstance(file, Uploaded)
    with pytest.raises(NotFoundError):
        uploads.content(user_id=mallory.user.pk, upload_id=file.id)
    with pytest.raises(NotFoundError):
        uploads.remove(user_id=mallory.user.pk, upload_id=file.id)
    # A draft of hers that names it carries nothing.
    saved(mallory, LETTER.with_files([File(file.id)]))
    assert b"multipart" not in mallory.held("\\Drafts")[0]


def test_uploads_are_bounded_and_forgotten(alice: Desk, settings: object) -> None:
    settings.MAIL_UPLOAD_BYTES = 100  # type: ignore[attr-defined]
    assert isinstance(uploads.add(user_id=alice.user.pk, name="", media_type="", content=b"x" * 60), Uploaded)
    assert uploads.add(user_id=alice.user.pk, name="b", media_type="a/b", content=b"x" * 60) == TooLarge(
        100, together=True
    )
    settings.MAIL_MAX_MESSAGE_BYTES = 65 * 1024  # type: ignore[attr-defined]
    assert uploads.add(user_id=alice.user.pk, name="b", media_type="a/b", content=b"x" * 60_000) == TooLarge(
        716
    )
    kept = uploads.add(user_id=alice.user.pk, name="c", media_type="a/b", content=b"x" * 10)
    assert isinstance(kept, Uploaded)
    saved(alice, LETTER.with_files([File(kept.id)]))
    Upload.objects.update(created_at=NOW)
    assert uploads.forget(now=NOW + dt.timedelta(hours=23)) == 0
    assert uploads.forget(now=NOW + dt.timedelta(hours=25)) >= 1
    assert [u.id for u in Upload.objects.filter(user=alice.user)] == [kept.id]
