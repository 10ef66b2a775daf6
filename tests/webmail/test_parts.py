"""Files of a message: never trusted to be what they say."""

import email
from typing import Any

import pytest

from .mail import PNG, PREFIX, Filed, an_email, file, signed_in

pytestmark = pytest.mark.django_db


def with_file(data: bytes, kind: str, name: str) -> Filed:
    message = an_email("see file")
    maintype, subtype = kind.split("/")
    message.add_attachment(data, maintype, subtype, filename=name)
    return file(message.as_bytes())


def get(filed: Filed, rest: str, **headers: str) -> Any:
    return signed_in(filed.mailbox.owner).get(filed.url(rest), headers=headers)


def test_it_works() -> None:
    data = bytes(range(256)) * 5000
    response = get(with_file(data, "application/x-thing", "Prüfung \u202e.bin"), "part/2")
    assert b"".join(response) == data
    assert response["Content-Type"] == "application/x-thing"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''Pr%C3%BCfung")
    assert "%E2%80%AE" not in response["Content-Disposition"]
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "declared", "kind", "disposition"),
    [
        (PNG, "image/png", "image/png", "inline"),
        (b"<svg onload=x>", "image/png", "application/octet-stream", "attachment"),
        (b"<svg onload=x>", "image/svg+xml", "application/octet-stream", "attachment"),
        (b"<html><script>", "text/html", "application/octet-stream", "attachment"),
        (b"<?xml version='1.0'?>", "application/xhtml+xml", "application/octet-stream", "attachment"),
        (b"%PDF-1.7", "application/pdf", "application/pdf", "inline"),
        (b"<html>", "application/pdf", "application/octet-stream", "attachment"),
        (b"MZ\x90", "application/pdf", "application/vnd.microsoft.portable-executable", "attachment"),
        (b"<b>hi</b>", "text/plain", "text/plain; charset=utf-8", "inline"),
        (b"BEGIN:VCALENDAR", "text/calendar", "application/octet-stream", "attachment"),
        (PNG, "application/octet-stream", "image/png", "inline"),
        (b"alert(1)", "application/javascript", "application/octet-stream", "attachment"),
        (b"alert(1)", "application/x-ecmascript", "application/octet-stream", "attachment"),
        (b"alert(1)", "text/javascript", "text/plain; charset=utf-8", "inline"),
    ],
)
def test_shown_only_if_harmless(data: bytes, declared: str, kind: str, disposition: str) -> None:
    response = get(with_file(data, declared, "file"), "part/2?show=1")
    assert response["Content-Type"].lower() == kind
    assert response["Content-Disposition"].startswith(disposition)
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert b"".join(response).strip() == data.strip()


def test_no_such_part() -> None:
    filed = with_file(b"x", "text/plain", "x")
    for number in ("3", "0", "1.1", "x", "2.1"):
        assert get(filed, f"part/{number}").status_code == 404


def test_by_cid() -> None:
    message = an_email(html="<img src=cid:a@x>")
    message.add_related(PNG, "image", "png", cid="<a@x>")
    message.add_related(b"<html>", "image", "png", cid="<b@x>")
    filed = file(message.as_bytes())
    assert b"".join(get(filed, "cid/a@x")) == PNG
    assert get(filed, "cid/b@x").status_code == 404
    assert get(filed, "cid/c@x").status_code == 404


def test_raw() -> None:
    raw = an_email("x" * 70_000).as_bytes()
    filed = file(raw)
    response = get(filed, "raw")
    assert b"".join(response) == PREFIX + raw
    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Length"] == str(len(PREFIX + raw))
    assert 'filename="Hello.eml"' in response["Content-Disposition"]
    assert get(filed, "raw?show=1")["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 10), ("bytes=30-60", 30, 61), ("bytes=100-", 100, None)]
)
def test_a_range_of_it(asked: str, start: int, end: int | None) -> None:
    raw = an_email("x" * 1000).as_bytes()
    response = get(file(raw), "raw", range=asked)
    whole = PREFIX + raw
    assert response.status_code == 206
    assert b"".join(response) == whole[start:end]
    assert response["Content-Range"] == f"bytes {start}-{(end or len(whole)) - 1}/{len(whole)}"


def test_a_range_beyond_it() -> None:
    assert get(file(b"Subject: x\r\n\r\n"), "raw", range="bytes=9999-").status_code == 416


def test_message_parts_are_saved_as_messages() -> None:
    outer = an_email("outer")
    outer.add_attachment(an_email("inner", subject="Inner: a/b"))
    filed = file(outer.as_bytes())
    response = get(filed, "part/2?show=1")
    assert response["Content-Type"] == "message/rfc822"
    assert 'attachment; filename="Inner a b.eml"' in response["Content-Disposition"]
    assert email.message_from_bytes(b"".join(response))["Subject"] == "Inner: a/b"


@pytest.mark.parametrize("kind", ["application/javascript", "text/javascript", "application/json"])
def test_no_file_is_a_script_of_this_server(kind: str) -> None:
    assert get(with_file(b"alert(1)", kind, "x.js"), "part/2")["Content-Type"] == "application/octet-stream"
