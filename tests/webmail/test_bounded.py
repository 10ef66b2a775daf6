"""Mail that is made to keep us busy: what is read once, and where it ends."""

import time

import pytest

from apps.events.transactions import perform
from apps.store import contents
from apps.webmail.rendering import Addresses, Rendered, render

from .mail import PNG, an_email, file

pytestmark = pytest.mark.django_db


def rendered(raw: bytes) -> Rendered:
    filed = file(raw)
    message = perform(contents.message_of(filed.mailbox.pk, filed.content_id))
    assert message is not None
    shown = render(message, Addresses(lambda number: number, lambda _url: None))
    assert shown is not None
    return shown


def test_a_picture_that_is_shown_often_is_looked_at_once() -> None:
    message = an_email(html="<img src=cid:a@x>" * 10_000)
    message.add_related(PNG + b"\0" * 2_000_000, "image", "png", cid="<a@x>")
    raw = message.as_bytes()
    began = time.process_time()
    assert rendered(raw).html.count("<img") == 10_000
    assert time.process_time() - began < 2


def test_of_many_bodies_the_later_are_text() -> None:
    part = b"Content-Type: text/html\r\n\r\n" + b"<p>" + b"x y " * 75_000 + b"\r\n"
    body = b"".join(b"--b\r\n" + part for _ in range(10))
    shown = rendered(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n")
    assert (shown.is_html, shown.fallback) == (True, "long")
