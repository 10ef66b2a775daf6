"""Rewritten spam is another message that says the same, the same one each time, and can be read."""

import email
import email.policy

import pytest

from bench.spam.evasion import WAYS, rewrite, take

SPAM = (
    b"From: Offers <offers@shop.example>\r\nTo: alice@example.test\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@shop.example>\r\nSubject: =?utf-8?Q?Cheap_watches_f=C3=BCr_you?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Luxury watches at ninety percent discount!\r\nOrder today: http://watches.example/buy?id=7 before midnight.\r\n"
)


def test_there_are_enough() -> None:
    assert len(WAYS) >= 12


@pytest.mark.parametrize("way", WAYS)
def test_it_works(way: str) -> None:
    made = rewrite(SPAM, way)
    assert made == rewrite(SPAM, way)
    message = email.message_from_bytes(made, policy=email.policy.default)
    assert not any(part.defects for part in message.walk())
    assert message["From"] == "Offers <offers@shop.example>"
    assert message["Message-ID"] == "<1@shop.example>"
    assert len(message.get_all("Subject", [])) == 1
    assert max(map(len, made.splitlines())) <= 998
    before = take(SPAM)
    after = take(made)
    assert after.subject
    if way in ("homoglyphs", "zero_width", "leet", "right_to_left", "spaced"):
        assert after.text != before.text
        assert "http://watches.example/buy?id=7" in after.text
    if way in ("all_base64", "long_headers", "split_subject"):
        assert after.text == before.text
    if way in ("all_base64", "long_headers", "good_words", "hidden_words"):
        assert after.subject == before.subject
    if way == "redirected":
        assert "watches.example" not in after.text + after.page


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?x-none?B?gibberish\r\n\r\n\xff\xfe\x00body",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=nonsense\n\n<p>abcdef",
        b"From nobody Mon\nFrom: x@example.test\n folded\n\nwords and words",
    ],
)
def test_broken_messages_are_rewritten_too(way: str, raw: bytes) -> None:
    message = email.message_from_bytes(rewrite(raw, way), policy=email.policy.default)
    assert message["MIME-Version"] == "1.0"
