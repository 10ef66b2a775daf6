"""The language canary: enough messages, all distinct, all readable, the same on every machine."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from bench.spam.canary import SORTS, languages, mails
from bench.spam.canary.texts import language


def _read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.slow
@pytest.mark.parametrize("code", languages())
def test_it_works(code: str) -> None:
    made = list(mails(code))
    assert {sort: sum(mail.sort == sort for mail in made) for sort in SORTS} == SORTS
    assert len({mail.file for mail in made}) == len(made) >= 200
    for mail in made:
        message = _read(mail.raw)
        assert not any(part.defects for part in message.walk()), mail.file
        body = message.get_body(("plain",))
        assert body is not None
        text = body.get_content() + message["Subject"]
        assert len(text) > 40
        assert not set("{}[]|\ufffd") & set(text), f"{mail.file}: {text}"
        assert max(map(len, mail.raw.splitlines())) <= 998


@pytest.mark.parametrize("code", languages())
def test_enough_is_written_by_hand(code: str) -> None:
    texts = language(code).texts
    assert len(texts["personal"]) >= 30
    assert len(texts["transactional"]) >= 25
    assert len(texts["newsletter"]) >= 12
    assert all(text.strip().partition("\n")[0].count(" | ") == 1 for text in texts["transactional"])


def test_the_same_every_time() -> None:
    assert [mail.raw for mail in mails("de")] == [mail.raw for mail in mails("de")]


def test_newsletters_can_be_left() -> None:
    message = _read(next(mail.raw for mail in mails("en") if mail.sort == "newsletter"))
    page = message.get_body(("html",))
    assert page is not None
    assert message["List-Unsubscribe"].strip("<>") in page.get_content().replace("&amp;", "&")
