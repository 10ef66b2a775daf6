"""Drafts, files, suggestions and identities as the composer asks for them."""

import json
import uuid

import pytest
from django.test import Client, override_settings

from apps.mailflow.models import Draft
from apps.mailflow.writing import identities
from tests.factories import a_mailbox

from .mail import signed_in
from .shelf import a_letter
from .writing import Writer

pytestmark = pytest.mark.django_db

HTML_LETTER = (
    b"From: Ana Roth <ana@roth.example>\r\nTo: alice@example.test\r\nSubject: Tulips\r\nMessage-ID: <h@roth.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<table style="color: #123456"><tr><td>Rows <b>of</b> tulips<script>pwned()</script>'
    b'<img src="http://far.example/dot.png" onerror="pwned()"></td></tr></table>\r\n'
)


@pytest.fixture
def writer() -> Writer:
    return Writer()


def test_many_saves_are_one_draft(writer: Writer) -> None:
    revision = 0
    for number in range(5):
        revision = writer.save(revision, subject=f"Garden {number}")["revision"]
    assert writer.shelf.subjects("Drafts") == ["Garden 4"]
    found = writer.ask("GET", writer.drafts)
    assert (found["revision"], found["letter"]["subject"]) == (revision, "Garden 4")
    assert found["letter"]["html"] == "<div>At <b>noon</b>?</div>"
    writer.ask("DELETE", writer.drafts, status=204)
    assert writer.shelf.subjects("Drafts") == []


def test_two_windows_get_both_versions(writer: Writer) -> None:
    first = writer.save(subject="Mine")["revision"]
    writer.save(first, subject="Theirs")
    refused = writer.save(first, status=409, subject="Mine again")
    assert refused["code"] == "conflict"
    assert refused["theirs"]["subject"] == "Theirs"
    assert writer.save(refused["revision"], subject="Mine again")["revision"] > refused["revision"]
    writer.ask("DELETE", writer.drafts, status=204)
    gone = writer.save(first, status=409, subject="Late")
    assert (gone["code"], gone["revision"], gone["theirs"]) == ("gone", 0, None)


def test_what_a_composer_makes_is_kept_and_nothing_else(writer: Writer) -> None:
    kind = (
        "<div><b>b</b> <i>i</i> <u>u</u></div><ul><li>one</li></ul><ol><li>two</li></ol>"
        '<blockquote type="cite">said</blockquote><table><tbody><tr><td style="color:red">cell</td></tr></tbody></table>'
    )
    evil = '<script>pwned()</script><a href="javascript:pwned()">x</a><b onclick="pwned()">y</b><iframe src="/x"></iframe>'
    writer.save(html=kind + evil)
    html = writer.ask("GET", writer.drafts)["letter"]["html"]
    for piece in ("<b>b</b>", "<i>i</i>", "<u>u</u>", "<li>one</li>", "blockquote", "<td", "color"):
        assert piece in html
    for piece in ("script", "pwned", "onclick", "iframe"):
        assert piece not in html


def test_a_picture_is_its_upload_in_the_editor_and_its_name_in_the_letter(writer: Writer) -> None:
    answer = writer.client.post(
        "/mail/uploads?name=dot.png&type=image/png",
        b"\x89PNG\r\n\x1a\n",
        content_type="application/octet-stream",
    ).json()
    where = f"/mail/uploads/{answer['id']}"
    writer.save(html=f'<div><img src="{where}"></div>', files=[{"id": answer["id"], "cid": "p1@here"}])
    kept = Draft.objects.get(id=writer.draft)
    assert 'src="cid:p1@here"' in kept.fields["html"]
    assert f'src="{where}"' in writer.ask("GET", writer.drafts)["letter"]["html"]
    shown = writer.client.get(where)
    assert shown.headers["Content-Type"] == "image/png"
    assert "sandbox" in shown.headers["Content-Security-Policy"]


def test_files(writer: Writer) -> None:
    file = writer.upload()
    assert (file["name"], file["size"]) == ("plan.txt", 8)
    writer.save(files=[{"id": file["id"]}])
    assert writer.ask("GET", writer.drafts)["letter"]["files"] == [file | {"cid": ""}]
    download = writer.client.get(f"/mail/uploads/{file['id']}")
    assert download.headers["Content-Disposition"] == "attachment"
    mallory = signed_in(a_mailbox("mallory").owner)
    assert mallory.get(f"/mail/uploads/{file['id']}").status_code == 404
    assert mallory.delete(f"/mail/uploads/{file['id']}").status_code == 404
    assert writer.client.delete(f"/mail/uploads/{file['id']}").status_code == 204
    with override_settings(MAIL_MAX_MESSAGE_BYTES=100_000):
        refused = writer.upload(content=b"x" * 100_000, status=413)
    assert refused["code"] == "too_large"
    assert refused["detail"].startswith("A file may have ")
    with override_settings(MAIL_UPLOAD_BYTES=10):
        assert writer.upload(status=413, content=b"x" * 11)["detail"].startswith(
            "Your files together may have"
        )


@pytest.mark.parametrize("how", ["reply", "reply-all", "forward", "forward-file"])
def test_an_answer_quotes_what_is_safe(how: str) -> None:
    writer = Writer(HTML_LETTER)
    content = writer.shelf.json("rows?start=0&count=1")["rows"][0]["content"]
    begun = writer.ask("POST", writer.shelf.at("begin"), {"how": how, "content": content})["letter"]
    assert begun["subject"] == ("Fwd: Tulips" if "forward" in how else "Re: Tulips")
    assert "pwned" not in begun["html"]
    if how == "forward-file":
        assert begun["files"][0]["type"] == "message/rfc822"
        return
    assert "<b>of</b>" in begun["html"]
    assert "<table" in begun["html"]
    if "reply" in how:
        assert begun["to"] == [{"address": "ana@roth.example", "name": "Ana Roth"}]
        assert begun["answers"] == {"mailbox": writer.shelf.mailbox.pk, "content": content, "how": "reply"}


def test_an_answer_to_plain_text_has_both(writer: Writer) -> None:
    content = writer.shelf.json("rows?start=0&count=1")["rows"][0]["content"]
    begun = writer.ask("POST", writer.shelf.at("begin"), {"how": "reply", "content": content})["letter"]
    assert "> The text of letter 1." in begun["text"]
    assert "<blockquote" in begun["html"]


def test_a_message_of_the_drafts_folder_goes_on(writer: Writer) -> None:
    writer.save()
    content = writer.shelf.json("rows?start=0&count=1", "Drafts")["rows"][0]["content"]
    found = writer.ask("POST", writer.shelf.at(f"drafts/of/{content}"))
    assert found["id"] == str(writer.draft)
    writer.ask("POST", writer.shelf.at("drafts/of/987654321"), status=404)


def test_people(writer: Writer) -> None:
    writer.send()
    assert writer.ask("GET", "/mail/suggestions?q=ana")["people"] == [
        {"address": "ana@far.example", "name": "Ana Roth"}
    ]
    assert writer.ask("GET", "/mail/suggestions?q=")["people"] == []
    identities.set_identity(
        user_id=writer.shelf.alice.pk,
        address=str(writer.shelf.mailbox),
        name="Alice",
        signature_html="<b>A</b><script>pwned()</script>",
    )
    [own] = writer.ask("GET", "/mail/identities")["identities"]
    assert (own["address"], own["name"], own["html"]) == (str(writer.shelf.mailbox), "Alice", "<b>A</b>")


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"revision": -1}', '{"revision": 0, "letter": {"to": [1]}}', '{"revision": true}',
             '{"revision": 0, "letter": {"files": [{"id": "x"}]}}', '{"revision": 0, "letter": {"files": [{"id": 1, "cid": "<"}]}}',
             '{"revision": 0, "letter": {"answers": {"how": "x"}}}', '{"revision": 0, "letter": {"references": [1]}}']
)  # fmt: skip
def test_what_is_no_letter_is_refused(writer: Writer, body: str) -> None:
    answer = writer.client.put(writer.drafts, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_mallory_finds_nothing(writer: Writer) -> None:
    writer.save()
    content = writer.shelf.json("rows?start=0&count=1")["rows"][0]["content"]
    box = a_mailbox("mallory")
    mallory = signed_in(box.owner)
    at = writer.shelf.at
    body = json.dumps({"revision": 0, "letter": {"subject": "x"}})
    own = f"/mail/{box.pk}/drafts/{writer.draft}"
    tries = [
        ("GET", writer.drafts, ""), ("PUT", writer.drafts, body), ("DELETE", writer.drafts, ""), ("GET", own, ""),
        ("PUT", own, body), ("DELETE", own, ""), ("POST", f"{writer.drafts}/send", body), ("POST", f"{own}/send", body),
        ("POST", at("begin"), json.dumps({"how": "reply", "content": content})),
        ("POST", f"/mail/{box.pk}/begin", json.dumps({"how": "reply", "content": content})),
        ("POST", at(f"drafts/of/{content}"), ""), ("GET", at(f"compose/{uuid.uuid4()}"), ""), ("GET", at("compose"), ""),
        ("POST", f"/mail/outbox/{uuid.uuid4()}/recall", ""), ("POST", f"/mail/outbox/{uuid.uuid4()}/act", ""),
    ]  # fmt: skip
    for method, path, sent in tries:
        answer = mallory.generic(method, path, sent, content_type="application/json")
        assert answer.status_code == 404, (method, path, answer.content[:200])
    assert writer.ask("GET", writer.drafts)["letter"]["subject"] == "The garden"


def test_strangers_are_told_that_the_session_is_over(writer: Writer) -> None:
    answer = Client().put(writer.drafts, "{}", content_type="application/json")
    assert answer.status_code == 401


def test_a_letter_begins_with_one_of_ours() -> None:
    writer = Writer(a_letter(1), a_letter(2))
    content = writer.shelf.json("rows?start=0&count=1")["rows"][0]["content"]
    writer.ask("POST", writer.shelf.at("begin"), {"how": "shout", "content": content}, status=400)
