"""Folders and messages over the API."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.events.audit import SYSTEM
from apps.mailboxes.models import Mailbox
from apps.mailboxes.services import set_member
from tests.api.asking import Api
from tests.api.desk import LUNCH, Desk
from tests.factories import a_role, a_user

pytestmark = pytest.mark.django_db

START: Any = ""


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_works(desk: Desk) -> None:
    first = desk.put(1, query="?flags=%5CSeen garden&received_at=2026-03-02T12:00:00Z")
    second = desk.put(2)
    [newest, oldest] = desk.messages()
    assert (newest["id"], newest["flags"], newest["subject"]) == (second["id"], [], "Lunch 2")
    assert (oldest["id"], oldest["flags"]) == (first["id"], ["\\Seen", "garden"])
    assert oldest["sender"] == {"name": "Ana Roth", "address": "ana@far.example"}
    assert (oldest["received_at"], oldest["date"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z")
    assert [row["id"] for row in desk.messages(query="?unread=true")] == [second["id"]]
    assert [row["id"] for row in desk.messages(query="?label=garden")] == [first["id"]]
    row = desk.api.get(f"{desk.at}/folders/{desk.ids['INBOX']}")
    assert (row["messages"], row["unread"]) == (2, 1)


def test_folders_are_made_renamed_and_deleted(desk: Desk) -> None:
    at = f"{desk.at}/folders"
    made = desk.api.post(at, {"name": "Projects/Garden"})
    assert made["name"] == "Projects/Garden"
    assert desk.api.post(at, {"name": "Projects/Garden"}, 409)["code"] == "already_exists"
    assert desk.api.post(at, {"name": "a//b"}, 422)["code"] == "refused"
    assert desk.api.patch(f"{at}/{made['id']}", {"name": "Garden"})["name"] == "Garden"
    desk.api.delete(f"{at}/{made['id']}")
    desk.api.get(f"{at}/{made['id']}", 404)
    desk.api.delete(f"{at}/{made['id']}", 404)
    assert desk.api.delete(f"{at}/{desk.ids['INBOX']}", 422)["detail"] == "INBOX cannot be deleted."


def test_pages_follow_each_other_while_mail_comes(desk: Desk) -> None:
    for n in range(5):
        desk.put(n)
    at, seen, cursor = f"{desk.at}/folders/{desk.ids['INBOX']}/messages?limit=2", [], START
    while cursor is not None:
        answer = desk.api.get(f"{at}&cursor={cursor}")
        seen += [row["subject"] for row in answer["items"]]
        cursor = answer["next_cursor"]
        desk.put(9)
    assert seen == [f"Lunch {n}" for n in (4, 3, 2, 1, 0)]


def test_messages_are_filed_and_taken_back(desk: Desk) -> None:
    ids = [desk.put(n)["id"] for n in range(3)]
    done = desk.act("move", *ids[:2], to_folder_id=desk.ids["Archive"])
    assert done["messages"] == 2
    assert [row["id"] for row in desk.messages()] == [ids[2]]
    assert desk.api.post("undo", {"undo": done["undo"]}, 200) == {
        "action": "move",
        "restored": 2,
        "skipped": 0,
    }
    assert len(desk.messages()) == 3
    assert desk.api.post("undo", {"undo": done["undo"]}, 422)["code"] == "refused"
    desk.act("label", ids[0], label="garden")
    desk.act("star", ids[0])
    desk.act("read", ids[0])
    [row] = desk.messages(query="?starred=true")
    assert set(row["flags"]) == {"\\Seen", "\\Flagged", "garden"}
    desk.act("unlabel", ids[0], label="GARDEN")
    assert desk.act("delete", folder_id=desk.ids["INBOX"])["messages"] == 3
    assert len(desk.messages("Trash")) == 3
    assert desk.act("erase", folder_id=desk.ids["Trash"]) == {"action": "erase", "messages": 3, "undo": None}
    recent = desk.api.get("undo")["items"]
    assert [item["action"] for item in recent] == ["delete", "unlabel", "read", "star", "label", "move"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"action": "move", "ids": [1]}),
        (400, {"action": "label", "ids": [1]}),
        (400, {"action": "star"}),
        (400, {"action": "burn", "ids": [1]}),
        (400, {"action": "star", "ids": list(range(1, 1002))}),
        (404, {"action": "move", "ids": [1], "to_folder_id": 2**40}),
        (404, {"action": "star", "folder_id": 2**40}),
        (422, {"action": "label", "ids": [1], "label": "two words"}),
    ],
)
def test_an_action_says_what_it_needs(desk: Desk, status: int, body: dict[str, Any]) -> None:
    desk.api.post(f"{desk.at}/messages/actions", body, status)


def test_what_changed_is_told(desk: Desk) -> None:
    at = f"{desk.at}/folders/{desk.ids['INBOX']}"
    first, second = desk.put(1), desk.put(2)
    since = desk.api.get(at)["modseq"]
    third = desk.put(3)
    desk.act("star", first["id"])
    desk.act("archive", second["id"])
    told = desk.api.get(f"{at}/changes?since={since}")
    assert [row["id"] for row in told["new"]] == [third["id"]]
    assert [row["id"] for row in told["changed"]] == [first["id"]]
    assert (told["vanished"], told["reset"], told["messages"]) == ([second["uid"]], False, 2)
    assert desk.api.get(f"{at}/changes?since={told['modseq']}")["new"] == []
    assert desk.api.get(f"{at}/changes?since={2**50}")["reset"]


def test_search_speaks_the_webmails_language(desk: Desk) -> None:
    ids = [desk.put(n)["id"] for n in range(3)]
    desk.act("star", ids[1])
    assert [row["id"] for row in desk.api.get(f"{desk.at}/messages?q=is:starred")["items"]] == [ids[1]]
    assert len(desk.api.get(f"{desk.at}/messages?q=from:ana garden")["items"]) == 3
    found, cursor = [], START
    while cursor is not None:
        answer = desk.api.get(f"{desk.at}/messages?q=noon&limit=2&cursor={cursor}")
        found += [row["id"] for row in answer["items"]]
        cursor = answer["next_cursor"]
    assert found == ids[::-1]
    assert desk.api.get(f"{desk.at}/messages?q=noon&folder_id={desk.ids['Sent']}")["items"] == []
    desk.api.get(f"{desk.at}/messages?folder_id={2**40}", 404)


def test_who_may_not_read_is_told_nothing(desk: Desk) -> None:
    message = desk.put()
    mallory, root = Api(a_user("mallory")), a_user("root", domain=desk.mailbox.domain)
    a_role(root, "superadmin", organisation=desk.mailbox.domain.organisation)
    bob = a_user("bob", domain=desk.mailbox.domain)
    set_member(mailbox=desk.mailbox, user=bob, rights=["read"], actor=SYSTEM)
    paths = [
        "folders",
        f"folders/{desk.ids['INBOX']}",
        f"folders/{desk.ids['INBOX']}/messages",
        "messages?q=noon",
    ]
    for path in paths:
        mallory.get(f"{desk.at}/{path}", 404)
        Api(root).get(f"{desk.at}/{path}", 403)
        Api(bob).get(f"{desk.at}/{path}")
        Api(desk.alice, ["mail:write"]).get(f"{desk.at}/{path}", 403)
    star = {"action": "star", "ids": [message["id"]]}
    Api(bob).post(f"{desk.at}/messages/actions", star, 403)
    mallory.post(f"{desk.at}/messages/actions", star, 404)
    done = desk.act("star", message["id"])
    mallory.post("undo", {"undo": done["undo"]}, 404)
    Api(bob).post("undo", {"undo": done["undo"]}, 404)


def test_what_does_not_fit_is_not_kept(desk: Desk, settings: Any) -> None:
    at = f"{desk.at}/folders/{desk.ids['INBOX']}/messages"
    assert desk.api.raw("POST", at, b"", "message/rfc822").status_code == 400
    assert desk.api.raw("POST", at, b"{}", "application/json").status_code == 415
    assert desk.api.raw("POST", f"{at}?flags=a(b", LUNCH % (1, 1), "message/rfc822").status_code == 400
    settings.MAIL_MAX_MESSAGE_BYTES = 100
    assert desk.api.raw("POST", at, LUNCH % (1, 1), "message/rfc822").json()["code"] == "too_large"
    settings.MAIL_MAX_MESSAGE_BYTES = 10_000
    Mailbox.objects.filter(pk=desk.mailbox.pk).update(quota_bytes=10)
    assert desk.api.raw("POST", at, LUNCH % (1, 1), "message/rfc822").json()["code"] == "over_quota"
    assert desk.messages() == []


def test_each_member_has_read_marks_of_their_own(desk: Desk) -> None:
    Mailbox.objects.filter(pk=desk.mailbox.pk).update(private_seen=True)
    bob = a_user("bob", domain=desk.mailbox.domain)
    set_member(mailbox=desk.mailbox, user=bob, rights=["read", "write"], actor=SYSTEM)
    message = desk.put(query="?flags=%5CSeen")
    at = f"{desk.at}/folders/{desk.ids['INBOX']}/messages?unread=true"
    assert desk.messages(query="?unread=true") == []
    assert [row["id"] for row in Api(bob).get(at)["items"]] == [message["id"]]
    Api(bob).post(f"{desk.at}/messages/actions", {"action": "read", "ids": [message["id"]]}, 200)
    assert Api(bob).get(at)["items"] == []


def test_a_page_costs_the_same_however_long(desk: Desk) -> None:
    def count(path: str) -> int:
        desk.api.get(f"{desk.at}/{path}")
        with CaptureQueriesContext(connection) as captured:
            desk.api.get(f"{desk.at}/{path}")
        return len(captured)

    desk.put()
    paths = (f"folders/{desk.ids['INBOX']}/messages?limit=200", "folders")
    before = [count(path) for path in paths]
    for n in range(5):
        desk.put(n)
        desk.api.post(f"{desk.at}/folders", {"name": f"f{n}"})
    assert [count(path) for path in paths] == before


HOSTILE = b"""\
From: Ana Roth <ana@far.example>\r
To: alice@example.test\r
Cc: Bob <bob@example.test>\r
Subject: =?utf-8?q?M=C3=A4rz?=\r
Message-ID: <9@far.example>\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html\r
\r
<p onclick="x()">Hello <b>you</b><script>alert(1)</script><img src="https://far.example/x.gif"></p>\r
--b\r
Content-Type: text/html; name="a.html"\r
Content-Disposition: attachment; filename="a.html"\r
Content-Transfer-Encoding: base64\r
\r
PHNjcmlwdD4xPC9zY3JpcHQ+\r
--b--\r
"""


def test_a_message_is_read_and_nothing_in_it_runs(desk: Desk) -> None:
    message = desk.put(body=HOSTILE)
    found = desk.api.get(f"{desk.at}/messages/{message['id']}")
    assert (found["subject"], found["uid"], found["cc"][0]["address"]) == (
        "März",
        message["uid"],
        "bob@example.test",
    )
    assert "<b>you</b>" in found["html"]
    assert not any(word in found["html"] for word in ("script", "onclick", "far.example"))
    assert {"name": "Subject", "value": "März"} in found["headers"]
    assert "Hello" in found["text"]
    [file] = found["attachments"]
    assert (file["number"], file["name"]) == ("2", "a.html")
    answer = desk.api.ask("GET", f"{desk.at}/messages/{message['id']}/parts/2")
    assert (answer.content, answer["Content-Type"]) == (b"<script>1</script>", "application/octet-stream")
    assert answer["Content-Disposition"] == 'attachment; filename="a.html"'
    desk.api.get(f"{desk.at}/messages/{message['id']}/parts/7", 404)
    raw = desk.api.ask("GET", f"{desk.at}/messages/{message['id']}/raw", accept="message/rfc822")
    assert (raw.content, raw["Content-Type"]) == (HOSTILE, "message/rfc822")
    assert len(desk.api.get(f"{desk.at}/messages/{message['id']}/conversation")["items"]) == 1
    for path in ("", "/raw", "/parts/2", "/conversation"):
        Api(a_user("mallory")).get(f"{desk.at}/messages/{message['id']}{path}", 404)
        desk.api.get(f"{desk.at}/messages/{2**40}{path}", 404)
    desk.act("erase", message["id"])
    desk.api.get(f"{desk.at}/messages/{message['id']}/raw", 404)


def test_where_a_message_lies_says_its_flags(desk: Desk) -> None:
    message = desk.put(query="?flags=%5CFlagged")
    inbox = f"{desk.at}/messages/{message['id']}?folder_id={desk.ids['INBOX']}"
    assert desk.api.get(inbox)["flags"] == ["\\Flagged"]
    desk.api.get(f"{desk.at}/messages/{message['id']}?folder_id={desk.ids['Sent']}", 404)


def test_a_name_of_several_lines_is_one(desk: Desk) -> None:
    body = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/x-a\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''a%0D%0ASet-Cookie:%20x\r\n\r\nx\r\n--b--\r\n"
    )
    message = desk.put(body=body)
    answer = desk.api.ask("GET", f"{desk.at}/messages/{message['id']}/parts/1")
    assert answer["Content-Disposition"] == 'attachment; filename="a Set-Cookie: x"'


def test_numbers_that_nothing_has_are_not_found(desk: Desk) -> None:
    for number in ("9" * 19, "9" * 30):
        for path in ("folders", "messages"):
            desk.api.get(f"{desk.at}/{path}/{number}", 404)
        for path in (
            f"folders/{number}/messages",
            f"folders/{number}/changes?since=1",
            f"messages/{number}/raw",
        ):
            desk.api.get(f"{desk.at}/{path}", 404)


def test_what_is_nested_too_deeply_is_no_json(desk: Desk) -> None:
    answer = desk.api.raw("POST", f"{desk.at}/folders", b"[" * 100_000, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
