"""Letters, drafts, identities and uploads over the API."""

import base64
import uuid
from typing import Any

import pytest

from apps.events.audit import SYSTEM
from apps.mailboxes.services import set_member
from apps.queue.models import QueuedMessage, QueuedRecipient
from tests.api.asking import Api
from tests.api.desk import Desk
from tests.factories import a_mailbox, a_user

pytestmark = pytest.mark.django_db

ANA = {"address": "ana@far.example", "name": "Ana Roth"}
PLAN = base64.b64encode(b"Tulips.\n").decode()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def letter(**more: Any) -> dict[str, Any]:
    return {"to": [ANA], "subject": "The garden", "text": "At noon?", **more}


def send(desk: Desk, status: int = 202, **more: Any) -> Any:
    return desk.api.post(f"{desk.at}/letters", letter(**more), status)


def test_it_works(desk: Desk) -> None:
    sent = send(desk, attachments=[{"name": "plan.txt", "media_type": "text/plain", "content": PLAN}])
    assert sent["is_held"] is False
    [recipient] = QueuedRecipient.objects.filter(message__sender=desk.alice.address)
    assert (recipient.address, recipient.state) == ("ana@far.example", "queued")
    [row] = desk.messages("Sent")
    assert (row["subject"], row["has_attachment"]) == ("The garden", True)
    assert desk.messages("Drafts") == []


def test_a_letter_that_is_held_can_be_recalled(desk: Desk) -> None:
    sent = send(desk, hold_seconds=30)
    assert [item["id"] for item in desk.api.get("letters")["items"]] == [sent["id"]]
    assert desk.messages("Sent") == []
    mallory = Api(a_user("mallory"))
    mallory.post(f"letters/{sent['id']}/recall", None, 404)
    mallory.delete(f"letters/{sent['id']}", 404)
    recalled = desk.api.post(f"letters/{sent['id']}/recall", None, 200)
    assert desk.api.get(f"drafts/{recalled['draft_id']}")["letter"]["subject"] == "The garden"
    assert desk.api.get("letters")["items"] == []
    again = send(desk, hold_seconds=30, subject="Another")
    desk.api.post(f"letters/{again['id']}/send-now", None, 204)
    assert desk.api.post(f"letters/{again['id']}/recall", None, 409)["code"] == "conflict"
    later = send(desk, hold_seconds=30, subject="A third")
    desk.api.delete(f"letters/{later['id']}")


def test_the_same_letter_under_its_key_is_sent_once(desk: Desk) -> None:
    body = letter(attachments=[{"name": "plan.txt", "content": PLAN}])
    first = desk.api.post(f"{desk.at}/letters", body, 202, idempotency_key="k")
    assert desk.api.post(f"{desk.at}/letters", body, 202, idempotency_key="k")["id"] == first["id"]
    other = desk.api.post(f"{desk.at}/letters", letter(subject="x"), 422, idempotency_key="k")
    assert other["code"] == "idempotency_key_reused"
    assert QueuedMessage.objects.filter(sender=desk.alice.address).count() == 1


def test_what_is_refused_is_told_as_smtp_would(desk: Desk) -> None:
    assert send(desk, 422, to=[])["reason"] == "no_recipients"
    bad = send(desk, 422, to=[{"address": "no address"}])
    assert (bad["reason"], bad["about"]) == ("bad_address", ["no address"])
    nobody = f"nobody@{desk.mailbox.domain.name}"
    unknown = send(desk, 422, to=[{"address": nobody}])
    assert (unknown["code"], unknown["about"]) == ("not_sent", [nobody])
    assert unknown["reply"] == "550 5.1.1 No such user here"
    stranger = send(desk, 422, author={"address": "ana@far.example"})
    assert stranger["reason"] == "sender_not_yours"
    a_mailbox("bob", domain=desk.mailbox.domain, quota_bytes=1)
    full = send(desk, 503, to=[{"address": f"bob@{desk.mailbox.domain.name}"}])
    assert (full["code"], full["reply"]) == ("unavailable", "452 4.2.2 Mailbox full")
    assert send(desk, 422, at="2020-01-01T00:00:00Z")["reason"] == "too_soon"
    assert send(desk, 422, attachments=[{"upload_id": 2**40}])["reason"] == "file_gone"
    assert send(desk, 400, attachments=[{"name": "x"}])["code"] == "invalid"
    assert send(desk, 400, attachments=[{"name": "x", "content": "%%"}])["code"] == "invalid"


def test_who_may_not_send_does_not(desk: Desk) -> None:
    bob = a_user("bob", domain=desk.mailbox.domain)
    Api(a_user("mallory")).post(f"{desk.at}/letters", letter(), 404)
    set_member(mailbox=desk.mailbox, user=bob, rights=["read"], actor=SYSTEM)
    Api(bob).post(f"{desk.at}/letters", letter(), 403)
    set_member(mailbox=desk.mailbox, user=bob, rights=["read", "write", "send"], actor=SYSTEM)
    body = letter(author={"address": str(desk.mailbox)})
    Api(bob, ["mail:write"]).post(f"{desk.at}/letters", body, 403)
    Api(bob, ["mail:send"]).post(f"{desk.at}/letters", body, 202)
    assert QueuedMessage.objects.filter(sender=str(desk.mailbox)).exists()


def test_a_draft_is_kept_read_and_thrown_away(desk: Desk) -> None:
    draft_id = uuid.uuid4()
    at = f"{desk.at}/drafts/{draft_id}"
    kept = desk.api.put(at, letter(revision=0))
    assert (kept["id"], kept["revision"], kept["is_placed"]) == (str(draft_id), 1, True)
    assert [row["subject"] for row in desk.messages("Drafts")] == ["The garden"]
    assert desk.api.put(at, letter(revision=1, text="At one?"))["revision"] == 2
    conflict = desk.api.put(at, letter(revision=1, text="At two?"), 409)
    assert (conflict["code"], conflict["revision"]) == ("conflict", 2)
    assert conflict["theirs"]["text"] == "At one?"
    assert desk.api.get(f"drafts/{draft_id}")["letter"]["to"] == [ANA]
    mallory = Api(a_user("mallory"))
    mallory.get(f"drafts/{draft_id}", 404)
    mallory.delete(f"drafts/{draft_id}", 404)
    mallory.put(at, letter(revision=2), 404)
    sent = send(desk, draft_id=str(draft_id), revision=2)
    assert sent["draft_id"] == str(draft_id)
    desk.api.get(f"drafts/{draft_id}", 404)
    assert desk.messages("Drafts") == []
    other = uuid.uuid4()
    desk.api.put(f"{desk.at}/drafts/{other}", letter(revision=0))
    desk.api.delete(f"drafts/{other}")
    desk.api.delete(f"drafts/{other}", 404)


def test_identities_are_ones_own_addresses(desk: Desk) -> None:
    [one] = desk.api.get("identities")["items"]
    assert (one["address"], one["is_default"]) == (str(desk.mailbox), True)
    body = {
        "address": str(desk.mailbox),
        "name": "Al",
        "signature_html": "<b onclick=x>Al</b><script>1</script>",
    }
    changed = desk.api.put("identities", body)
    assert (changed["name"], changed["signature_html"]) == ("Al", "<b>Al</b>")
    desk.api.put("identities", {"address": "ana@far.example"}, 404)


def test_a_file_is_uploaded_and_sent(desk: Desk) -> None:
    answer = desk.api.raw("POST", "uploads?name=plan.pdf", b"%PDF-1.7 ...", "application/pdf")
    assert answer.status_code == 201, answer.content
    upload = answer.json()
    assert (upload["name"], upload["media_type"], upload["size"]) == ("plan.pdf", "application/pdf", 12)
    send(desk, attachments=[{"upload_id": upload["id"]}])
    assert desk.messages("Sent")[0]["has_attachment"]
    Api(a_user("mallory")).delete(f"uploads/{upload['id']}", 404)
    desk.api.delete(f"uploads/{upload['id']}")
    assert desk.api.raw("POST", "uploads?name=x", b"", "text/plain").status_code == 400
    assert desk.api.raw("POST", "uploads", b"x", "text/plain").status_code == 400


def test_everybody_it_is_for_gets_it(desk: Desk) -> None:
    send(desk, html="<p>At <b>noon</b>?</p>", bcc=[{"address": "carol@far.example"}])
    assert QueuedRecipient.objects.filter(message__sender=desk.alice.address).count() == 2
