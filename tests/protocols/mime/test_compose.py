"""Drafts become messages; submitted messages are completed and otherwise left alone."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mime.compose import Attachment, Correspondent, Draft, complete, write
from apps.protocols.mime.scan import scan

NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
ALICE, BOB = Correspondent("alice@example.test", "Alice Ährlich"), Correspondent("bob@example.test", "Bob")
TOKEN = bytes(range(16))


def completed(data: bytes) -> bytes:
    return complete(data, now=NOW, message_id_domain="example.test", random=TOKEN)


def test_a_draft_becomes_a_message() -> None:
    draft = Draft(
        sender=ALICE,
        to=(BOB,),
        bcc=(Correspondent("carol@example.test"),),
        subject="Grüße\r\nBcc: mallory@example.test",
        text="Hallo Bob\n",
        html='<p>Hallo <img src="cid:logo"> Bob</p>',
        attachments=(
            Attachment("logo.png", "image/png", b"\x89PNG", content_id="logo"),
            Attachment("Menü.pdf", "application/pdf", b"%PDF-1.4"),
        ),
        references=("<a@example.test>", "<b@example.test>"),
        in_reply_to="<b@example.test>",
    )
    data = write(draft, now=NOW, message_id="<c@example.test>")
    facts = scan(data)
    assert facts.defects == ()
    assert facts.subject == "Grüße Bcc: mallory@example.test"
    assert (facts.from_addr, facts.to_addr) == ("alice@example.test", "bob@example.test")
    assert facts.references == ("<a@example.test>", "<b@example.test>")
    assert facts.message_id == "<c@example.test>"
    assert facts.sent_at == NOW.timestamp()
    assert facts.text == "Hallo Bob"
    assert facts.has_attachment
    assert b"carol" not in data
    assert b"carol" in write(draft, now=NOW, message_id="<c@example.test>", keep_bcc=True)


def test_a_complete_message_stays_as_it_is() -> None:
    data = b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nmessage-id : <x@y>\r\n\r\nhello\r\n"
    assert completed(data) == data


def test_date_and_message_id_are_added() -> None:
    data = b"Subject: hello\r\nFrom: alice@example.test\r\n\r\nDate: not a field\r\n"
    facts = scan(completed(data))
    assert completed(data).endswith(data)
    assert facts.sent_at == NOW.timestamp()
    assert facts.message_id == "<000102030405060708090a0b0c0d0e0f@example.test>"
    assert facts.subject == "hello"


def test_a_body_alone_stays_a_body() -> None:
    assert scan(completed(b"just words\r\n")).text == "just words"
    assert scan(completed(b"\r\njust words\r\n")).text == "just words"
    assert scan(completed(b"")).sent_at == NOW.timestamp()


@given(st.binary(max_size=200))
def test_whatever_is_submitted_is_kept(data: bytes) -> None:
    out = completed(data)
    assert out.endswith(data)
    assert completed(out) == out
