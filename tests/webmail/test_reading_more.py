"""A conversation in bad times, files in one archive, labels, spam and back, and senders whose pictures are shown."""

import io
import re
import zipfile

import pytest
from django.db import connection

from apps.mailflow import trusted
from apps.store.models import Content
from tests.factories import a_mailbox, a_user

from .mail import PNG, Filed, an_email, file, signed_in
from .test_reading import a_conversation, address_of, page

pytestmark = pytest.mark.django_db
PICTURE = '<p>See</p><img src="https://shop.example/a.png">'


def lose(filed: Filed) -> None:
    """Take away the bytes of a message, as a broken disk would."""
    content = Content.objects.get(mailbox_id=filed.mailbox.pk, id=filed.content_id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_blob WHERE hash = %s", [bytes(content.blob_hash)])


def damage(filed: Filed) -> None:
    """Let the bytes of a message be other bytes."""
    content = Content.objects.get(mailbox_id=filed.mailbox.pk, id=filed.content_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_blob SET codec = 1, data = 'nothing packed' WHERE hash = %s",
            [bytes(content.blob_hash)],
        )


@pytest.mark.parametrize("break_it", [lose, damage])
def test_one_broken_message_leaves_the_others(break_it: object) -> None:
    assert callable(break_it)
    filed = a_conversation(3)
    break_it(filed)
    html = page(filed)
    assert html.count("<iframe") == 2
    assert "1 of 3 messages cannot be read" in html
    assert "its text is damaged or missing" in html
    client = signed_in(filed.mailbox.owner)
    for rest in ("body", "source", "print", "files"):
        assert client.get(filed.url(rest)).status_code == 404
    assert client.get(filed.url("card")).status_code == 200
    # What could not be read was not read.
    assert "was-unread" in page(filed)


def test_spam_and_back() -> None:
    filed = file(an_email("x").as_bytes())
    folder = filed.mailbox.folders
    assert 'data-act="junk"' in page(filed, f"?folder={folder.get(name='INBOX').pk}")
    junk = page(filed, f"?folder={folder.get(name='Junk').pk}")
    assert 'data-act="not_junk"' in junk
    assert 'data-act="junk"' not in junk
    assert "Delete for ever" in page(filed, f"?folder={folder.get(name='Trash').pk}")


def test_labels_are_shown_and_can_be_asked_for_alone() -> None:
    filed = file(an_email("x").as_bytes())
    client = signed_in(filed.mailbox.owner)
    address = address_of(filed)
    assert 'aria-label="Labels" hidden' in page(filed)
    client.post(
        f"/mail/{filed.mailbox.pk}/act",
        {"verb": "label", "contents": [filed.content_id], "label": "Finance"},
        content_type="application/json",
    )
    html = client.get(f"{address}/labels").content.decode()
    assert "Finance" in html
    assert "Remove label Finance" in html
    assert "<html" not in html
    assert "Remove label Finance" in page(filed)
    mallory = signed_in(a_mailbox("mallory").owner)
    assert mallory.get(f"{address}/labels").status_code == 404
    assert client.get(f"/mail/{filed.mailbox.pk}/t/x/labels").status_code == 404


def test_all_files_in_one_archive() -> None:
    message = an_email("x", subject="Two cats")
    message.add_attachment(PNG, "image", "png", filename="cat.png")
    message.add_attachment(PNG + b"2", "image", "png", filename="Cat.png")
    message.add_attachment(b"../../etc", "application", "octet-stream", filename="../../etc/passwd")
    filed = file(message.as_bytes())
    assert "Save all 3 files" in page(filed)
    answer = signed_in(filed.mailbox.owner).get(filed.url("files"))
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="Two cats.zip"' in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert archive.read("cat.png") == PNG
        assert archive.read("Cat (2).png") == PNG + b"2"
    assert len(names) == 3
    assert not [name for name in names if "/" in name or name.startswith(".")]


def test_an_archive_of_nothing_or_of_others() -> None:
    filed = file(an_email("x").as_bytes())
    assert signed_in(filed.mailbox.owner).get(filed.url("files")).status_code == 404
    assert signed_in(a_mailbox("mallory").owner).get(filed.url("files")).status_code == 404


def test_always_for_this_sender() -> None:
    filed = file(an_email(html=PICTURE).as_bytes())
    alice = filed.mailbox.owner
    client = signed_in(alice)
    assert "Always for this sender" in page(filed)
    assert client.get(filed.url("trust")).status_code == 405
    answer = client.post(filed.url("trust"))
    assert answer.status_code == 302
    html = page(filed, f"?open={filed.content_id}")
    assert 'data-note="pictures"' not in html
    assert "images=1" in html
    # The next one of the same sender, too, whatever case it is written in.
    more = an_email(html=PICTURE)
    del more["From"]
    more["From"] = "Bob <Bob@Example.test>"
    assert 'data-note="pictures"' not in page(file(more.as_bytes(), filed.mailbox))
    other = an_email(html=PICTURE)
    del other["From"]
    other["From"] = "eve@example.test"
    assert 'data-note="pictures"' in page(file(other.as_bytes(), filed.mailbox))
    # It is taken back in the settings.
    shown = client.get("/settings/privacy").content.decode()
    assert "bob@example.test" in shown
    [where] = re.findall(r'action="(/settings/privacy/\d+/withdraw)"', shown)
    mallory = signed_in(a_user("mallory"))
    assert mallory.post(where).status_code == 404
    assert client.post(where).status_code == 302
    assert 'data-note="pictures"' in page(filed, f"?open={filed.content_id}")


def test_held_back_again_from_the_message() -> None:
    filed = file(an_email(html=PICTURE).as_bytes())
    client = signed_in(filed.mailbox.owner)
    said = client.post(filed.url("trust"), headers={"X-Fragment": "1"}).json()
    assert "bob@example.test" in said["text"]
    client.post(filed.url("trust"), {"on": "0"})
    assert 'data-note="pictures"' in page(filed, f"?open={filed.content_id}")
    assert signed_in(a_mailbox("mallory").owner).post(filed.url("trust")).status_code == 404


def test_only_so_many_senders_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = a_user("alice")
    monkeypatch.setattr(trusted, "MOST", 2)
    for name in ("a", "b", "c"):
        assert trusted.trust(user_id=alice.pk, address=f"{name}@x.example")
    assert not trusted.trust(user_id=alice.pk, address="nobody")
    assert [one.address for one in trusted.trusted(user_id=alice.pk)] == ["b@x.example", "c@x.example"]


def test_times_are_the_readers() -> None:
    message = an_email("x")
    message["Date"] = "Tue, 3 Mar 2026 22:30:00 +0000"
    filed = file(message.as_bytes())
    client = signed_in(filed.mailbox.owner)
    address = address_of(filed)
    assert "3 March 2026, 22:30" in client.get(address).content.decode()
    client.cookies["zone"] = "Asia/Tokyo"
    html = client.get(address).content.decode()
    assert "4 March 2026, 07:30 JST" in html
    client.cookies["zone"] = "../../etc/passwd"
    assert "3 March 2026, 22:30" in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("identity", "leaving", "name", "way"),
    [
        (
            "Weekly <w.news.example>",
            "<https://news.example/u?a=1>",
            "Weekly",
            'href="https://news.example/u?a=1"',
        ),
        (
            "<w.news.example>",
            "<mailto:u@news.example?subject=out>",
            "w.news.example",
            "compose?to=mailto%3Au%40news",
        ),
        ("", "<mailto:u@news.example>, <https://news.example/u>", "", 'href="https://news.example/u"'),
        ("Plain <p.x.example>", "", "Plain", ""),
        ("Bad <b.x.example>", "<javascript:alert(1)>, <http://x.example>, <https://[x>", "Bad", ""),
        ('"><script>a()</script> <b.x.example>', "", "&gt;", ""),
    ],
)
def test_a_mailing_list_says_so_and_can_be_left(identity: str, leaving: str, name: str, way: str) -> None:
    message = an_email("x")
    if identity:
        message["List-Id"] = identity
    if leaving:
        message["List-Unsubscribe"] = leaving
    filed = file(message.as_bytes())
    html = page(filed)
    assert 'data-note="list"' in html
    assert (f"Mailing list {name}" if name else "Sent to a list of readers") in html
    assert "<script>a()" not in html
    assert ("Unsubscribe" in html) == bool(way)
    assert way in html
    # Whoever leaves a list of a spammer tells them that somebody reads.
    junk = page(filed, f"?folder={filed.mailbox.folders.get(name='Junk').pk}")
    assert "Unsubscribe" not in junk


def test_an_ordinary_message_is_of_no_list() -> None:
    assert 'data-note="list"' not in page(file(an_email("x").as_bytes()))


def an_invitation(*lines: str) -> Filed:
    message = an_email("Come!")
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    message.add_alternative(text, subtype="calendar")
    return file(message.as_bytes())


def test_an_invitation_is_a_card_with_the_time_here_and_there() -> None:
    filed = an_invitation(
        "DTSTART;TZID=Europe/Berlin:20260305T230000",
        "DTEND;TZID=Europe/Berlin:20260305T234500",
        "SUMMARY:<i>Late</i>",
        "LOCATION:Room 5",
    )
    client = signed_in(filed.mailbox.owner)
    client.cookies["zone"] = "Asia/Tokyo"
    html = client.get(address_of(filed)).content.decode()
    assert "&lt;i&gt;Late&lt;/i&gt;" in html
    assert "Friday, 6 March 2026, 07:00 \N{EN DASH} 07:45 JST" in html
    assert "Thursday, 5 March 2026, 23:00 \N{EN DASH} 23:45 CET for the sender" in html
    client.cookies["zone"] = "Europe/Berlin"
    assert "for the sender" not in client.get(address_of(filed)).content.decode()


def test_days_and_unknown_zones_are_as_they_were_written() -> None:
    html = page(an_invitation("DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260307", "STATUS:CANCELLED"))
    assert "Thursday, 5 March 2026 \N{EN DASH} Friday, 6 March 2026" in html
    assert "cancelled" in html
    assert "Thursday, 5 March 2026, 09:30" in page(an_invitation("DTSTART;TZID=Nowhere:20260305T093000"))
    assert 'class="invitation"' not in page(an_invitation("SUMMARY:no time"))
    assert 'class="invitation"' in page(an_invitation("DTSTART:00010101T000000Z", "DTEND:99991231T235959Z"))
