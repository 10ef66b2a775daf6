"""Reading a conversation: what is open, what is told, who may, and at what cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.mailboxes.models import MailboxMember
from apps.store.flags import SEEN
from apps.store.models import Content, Message
from tests.factories import a_mailbox, a_user

from .mail import PNG, Filed, an_email, file, signed_in

pytestmark = pytest.mark.django_db


def address_of(filed: Filed, query: str = "") -> str:
    thread = Content.objects.get(mailbox_id=filed.mailbox.pk, id=filed.content_id).thread_id
    return f"/mail/{filed.mailbox.pk}/t/{thread}{query}"


def page(filed: Filed, query: str = "", **headers: str) -> str:
    response = signed_in(filed.mailbox.owner).get(address_of(filed, query), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def a_conversation(length: int) -> Filed:
    first = an_email("one")
    first["Message-ID"] = "<1@x.test>"
    filed = file(first.as_bytes())
    for n in range(2, length + 1):
        more = an_email(f"text {n}", subject="Re: Hello")
        more["Message-ID"], more["References"] = f"<{n}@x.test>", "<1@x.test>"
        file(more.as_bytes(), filed.mailbox)
    return filed


def test_it_works() -> None:
    filed = file(an_email("Hello you", subject="Greetings").as_bytes())
    html = page(filed)
    assert "<h2 " in html
    assert "Greetings" in html
    assert f'src="{filed.url("body")}?theme="' in html
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in html
    assert "<html" in html
    assert "<html" not in page(filed, **{"X-Fragment": "1"})


@pytest.mark.parametrize(
    "date",
    [
        "31 Dec 9999 23:59:59 -1400",
        "31 Dec 9999 23:59:59 +0000",
        "1 Jan 0001 00:00:00 +1400",
        "1 Jan 0001 00:00:00 +0000",
    ],
)
def test_a_date_beyond_all_calendars_keeps_nobody_from_reading(date: str) -> None:
    filed = file(f"Subject: Odd\r\nFrom: a@b.example\r\nDate: {date}\r\n\r\nx\r\n".encode())
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        client = signed_in(filed.mailbox.owner)
        client.cookies["zone"] = zone
        assert client.get(address_of(filed)).status_code == 200
        assert client.get(filed.url("card")).status_code == 200


def test_opening_reads_it_and_leaves_nothing_to_undo() -> None:
    filed = file(an_email("x").as_bytes())
    page(filed)
    row = Message.objects.get(mailbox_id=filed.mailbox.pk, content_id=filed.content_id)
    assert row.flags & SEEN


def test_a_browser_that_only_fetches_ahead_reads_nothing() -> None:
    filed = file(an_email("x").as_bytes())
    page(filed, **{"Sec-Purpose": "prefetch"})
    assert not Message.objects.get(content_id=filed.content_id, mailbox_id=filed.mailbox.pk).flags & SEEN


def test_read_ones_are_folded_and_can_be_opened() -> None:
    filed = a_conversation(3)
    assert page(filed).count("<iframe") == 3
    again = page(filed)
    assert again.count("<iframe") == 1
    assert again.count("data-card") == 2
    assert page(filed, f"?open={filed.content_id}").count("<iframe") == 2
    card = signed_in(filed.mailbox.owner).get(filed.url("card"))
    assert card.content.decode().count("<iframe") == 1


def test_as_many_statements_for_a_long_conversation_as_for_a_short_one() -> None:
    counts = []
    for filed in (a_conversation(2), a_conversation(14)):
        client = signed_in(filed.mailbox.owner)
        address = address_of(filed)
        for _ in range(2):
            client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_notes() -> None:
    message = an_email(
        html='<a href="https://evil.example/x">https://bank.example</a><img src="https://t.example/a.png">'
    )
    message["Reply-To"] = "other@else.test"
    html = page(filed := file(message.as_bytes()))
    order = [html.index(f'data-note="{kind}"') for kind in ("links", "reply-to", "pictures")]
    assert order == sorted(order)
    assert html.index("more-notes") < order[2]
    assert 'data-note="pictures"' not in page(filed, f"?images={filed.content_id}")


def test_hostile_names_are_text() -> None:
    message = an_email("x", subject='"><script>pwned()</script>\u202egpj')
    del message["From"]
    message["From"] = '"<img src=x onerror=pwned()>" <bob@example.test>'
    message.add_attachment(PNG, "image", "png", filename='"><script>a()</script>.png')
    html = page(file(message.as_bytes()))
    assert "<script>pwned" not in html
    assert "<script>a()" not in html
    assert "<img src=x" not in html
    assert "bob@example.test" in html


def test_attachments() -> None:
    message = an_email("x")
    message.add_attachment(PNG, "image", "png", filename="cat.png")
    message.add_attachment(b"MZ" + b"\0" * 80, "application", "octet-stream", filename="a.bin")
    html = page(file(message.as_bytes()))
    assert html.count('class="attachment"') == 2
    assert "Preview cat.png" in html
    assert "Preview a.bin" not in html


@pytest.mark.parametrize("rest", ["card", "source", "print", "trace"])
def test_nobody_else_sees_it(rest: str) -> None:
    filed = file(an_email("secret").as_bytes())
    mallory = a_mailbox("mallory")
    assert signed_in(mallory.owner).get(filed.url(rest)).status_code == 404
    assert signed_in(mallory.owner).get(address_of(filed)).status_code == 404
    own = f"/mail/m/{mallory.pk}/{filed.content_id}/{rest}"
    assert signed_in(mallory.owner).get(own).status_code == 404
    assert Client().get(filed.url(rest)).status_code == 302
    assert Client().get(address_of(filed)).status_code == 302


@pytest.mark.parametrize("wrong", ["x", "1", "-1", "99999999999999999999", "1e3"])
def test_no_such_conversation(wrong: str) -> None:
    filed = file(an_email("x").as_bytes())
    client = signed_in(filed.mailbox.owner)
    assert client.get(f"/mail/{filed.mailbox.pk}/t/{wrong}").status_code == 404


def test_who_may_only_read_changes_nothing() -> None:
    filed = file(an_email("shared").as_bytes())
    bob = a_user("bob", domain=filed.mailbox.domain)
    MailboxMember.objects.create(mailbox=filed.mailbox, user=bob, rights=["read"])
    html = signed_in(bob).get(address_of(filed)).content.decode()
    assert "data-act" not in html
    assert "data-compose-how" not in html
    assert not Message.objects.get(mailbox_id=filed.mailbox.pk, content_id=filed.content_id).flags & SEEN


def test_source_print_and_an_unknown_way() -> None:
    filed = file(an_email("a <b> & c", subject="<i>S</i>").as_bytes())
    client = signed_in(filed.mailbox.owner)
    source = client.get(filed.url("source")).content.decode()
    assert "&lt;i&gt;S&lt;/i&gt;" in source
    assert "a &lt;b&gt; &amp; c" in source
    sheet = client.get(filed.url("print"))
    assert sheet["Content-Security-Policy"].startswith("sandbox")
    assert "a &lt;b&gt; &amp; c" in sheet.content.decode()
    assert "Nothing is known about its way" in client.get(filed.url("trace")).content.decode()
