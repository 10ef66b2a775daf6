"""The frame of a message: what it shows, what it may do, and who may see it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.mailboxes.models import MailboxMember
from apps.store.models import Message
from tests.factories import a_mailbox, a_role, a_user

from .mail import PNG, Filed, an_email, file, signed_in

pytestmark = pytest.mark.django_db


def shown(filed: Filed, query: str = "") -> str:
    response = signed_in(filed.mailbox.owner).get(filed.url(f"body{query}"))
    assert response.status_code == 200
    return response.content.decode()


def test_it_works() -> None:
    filed = file(
        an_email("Hello *you*\n> quoted\n", "<p>Hello <b>you</b></p><script>x()</script>").as_bytes()
    )
    html = shown(filed)
    assert "<p>Hello <b>you</b></p>" in html
    assert "<script" not in html
    assert 'class="mail-text">Hello *you*' in shown(filed, "?text=1")


def test_the_frame_can_do_nothing() -> None:
    response = signed_in((filed := file(an_email("x").as_bytes())).mailbox.owner).get(filed.url("body"))
    policy = response["Content-Security-Policy"]
    assert policy.startswith(
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
    )
    assert "img-src 'self' data:;" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("rest", ["body", "part/1", "raw", "cid/x", "image"])
def test_nobody_else_sees_it(rest: str) -> None:
    filed = file(an_email("secret").as_bytes())
    assert filed.mailbox.owner is not None
    mallory = a_mailbox("mallory")
    assert signed_in(mallory.owner).get(filed.url(rest)).status_code == 404
    # Her own mailbox does not lead to another's message.
    own = f"/mail/m/{mallory.pk}/{filed.content_id}/{rest}"
    assert signed_in(mallory.owner).get(own).status_code == 404
    # Who manages users does not read their mail.
    admin = a_user("admin", domain=filed.mailbox.domain)
    a_role(admin, "superadmin", organisation=filed.mailbox.domain.organisation)
    assert signed_in(admin).get(filed.url(rest)).status_code == 404
    assert Client().get(filed.url(rest)).status_code == 404


def test_members_by_their_rights() -> None:
    filed = file(an_email("shared").as_bytes())
    bob = a_user("bob", domain=filed.mailbox.domain)
    member = MailboxMember.objects.create(mailbox=filed.mailbox, user=bob, rights=["send"])
    assert signed_in(bob).get(filed.url("body")).status_code == 404
    member.rights = ["read"]
    member.save()
    assert signed_in(bob).get(filed.url("body")).status_code == 200


def test_what_was_deleted_for_good_is_gone() -> None:
    filed = file(an_email("x").as_bytes())
    Message.objects.filter(mailbox_id=filed.mailbox.pk, content_id=filed.content_id).delete()
    assert signed_in(filed.mailbox.owner).get(filed.url("body")).status_code == 404
    assert signed_in(filed.mailbox.owner).get(f"/mail/m/{filed.mailbox.pk}/1/body").status_code == 404


def test_pictures_from_elsewhere_wait_until_asked_for() -> None:
    filed = file(an_email(html='<img src="https://t.example/p.png?a=1&amp;b=2">').as_bytes())
    assert "t.example" not in shown(filed)
    assert 'class="mail-blocked"' in shown(filed)
    asked = shown(filed, "?images=1")
    assert f"{filed.url('image')}?u=https%3A%2F%2Ft.example%2Fp.png%3Fa%3D1%26b%3D2&amp;e=" in asked


def test_no_proxy_no_pictures(settings: Settings) -> None:
    settings.MAIL_IMAGE_PROXY = False
    filed = file(an_email(html='<img src="https://t.example/p.png">').as_bytes())
    assert "t.example" not in shown(filed, "?images=1")


def test_pictures_of_the_message_are_shown() -> None:
    message = an_email(html='<img src="cid:a@x"><img src="cid:fake@x"><img src="cid:none@x">')
    message.add_related(PNG, "image", "png", cid="<a@x>")
    message.add_related(b"<svg onload=x>", "image", "png", cid="<fake@x>")
    filed = file(message.as_bytes())
    html = shown(filed)
    assert f'src="{filed.url("part/2?show=1")}"' in html
    assert html.count('class="mail-blocked"') == 2


@pytest.mark.parametrize(
    ("html", "query", "scheme"),
    [
        ("", "", "prefers-color-scheme"),
        ("", "?theme=dark", "color-scheme: dark"),
        ("", "?theme=light", ""),
        ("<p>x", "?theme=dark", ""),
        ("<p>x", "?theme=dark&sheet=dark", "color-scheme: dark"),
        ('<meta name="color-scheme" content="light dark"><p>x', "?theme=dark", "color-scheme: dark"),
        ('<meta name="color-scheme" content="light dark"><p>x', "?theme=dark&sheet=light", ""),
    ],
)
def test_colours(html: str, query: str, scheme: str) -> None:
    found = shown(file(an_email("" if html else "x", html).as_bytes()), query)
    assert ("prefers-color-scheme" in found) is (scheme == "prefers-color-scheme")
    assert ("color-scheme: dark" in found) is bool(scheme)


def test_quotes_are_folded() -> None:
    filed = file(an_email("Yes.\n\nBob wrote:\n> question\n").as_bytes())
    assert "<details" in shown(filed)
    assert "<details" not in shown(filed, "?quotes=1")


def test_a_message_in_a_message() -> None:
    inner = an_email("inner words", subject="Inner")
    outer = an_email("outer words")
    outer.add_attachment(inner)
    filed = file(outer.as_bytes())
    assert "outer words" in shown(filed)
    assert "inner words" not in shown(filed)
    assert "inner words" in shown(filed, "?part=2")
    for wrong in ("1", "3", "x", "2.1"):
        assert signed_in(filed.mailbox.owner).get(filed.url(f"body?part={wrong}")).status_code == 404


def test_no_text() -> None:
    assert "This message has no text." in shown(file(b"Subject: x\r\n\r\n"))


def test_few_queries() -> None:
    filed = file(an_email("x", "<p>x<img src=cid:a>").as_bytes())
    client = signed_in(filed.mailbox.owner)
    with CaptureQueriesContext(connection) as captured:
        client.get(filed.url("body"))
    assert len(captured) <= 11, [query["sql"][:90] for query in captured]
