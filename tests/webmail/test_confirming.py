"""What a reader is told of a sender rests on our own check, and never on what the message says of itself."""

import html

import pytest

from apps.webmail.confirming import Mark, mark_of

from .mail import an_email, file
from .test_reading import page

OURS = b"Authentication-Results: mail.example.test;\r\n\t%b\r\n"
FORGED = b"dmarc=fail (p=reject) reason=x header.from=bank.test\r\n\tpolicy.dmarc=quarantine"


def mark(results: bytes) -> Mark | None:
    return mark_of(b"Received: from x\r\n" + OURS % results)


@pytest.mark.parametrize(
    ("results", "icon", "text"),
    [
        (
            b"dkim=pass header.d=mail.bank.test; dmarc=pass header.from=bank.test",
            "shield-check",
            "Signed by mail.bank.test",
        ),
        (
            b"dkim=pass header.d=other.test; spf=pass smtp.mailfrom=bank.test; dmarc=pass header.from=bank.test",
            "shield-check",
            "Sent by a server of bank.test",
        ),
        (
            b"dkim=fail header.d=a.test; dkim=pass header.d=b.test; dmarc=none header.from=x.test",
            "signature",
            "Signed by b.test",
        ),
        (
            b"spf=pass; dmarc=none header.from=x.test",
            "shield-question-mark",
            "The sender could not be confirmed",
        ),
        (
            b"dmarc=fail header.from=x.test policy.dmarc=none",
            "shield-question-mark",
            "The sender could not be confirmed",
        ),
        (b"dmarc=temperror header.from=x.test", "shield-question-mark", "The sender could not be confirmed"),
        (
            b"dkim=pass header.d=evil.test; dmarc=fail header.from=x.test policy.dmarc=none",
            "shield-question-mark",
            "The sender could not be confirmed",
        ),
    ],
)
def test_it_works(results: bytes, icon: str, text: str) -> None:
    assert mark(results) == Mark(icon, text)


def test_a_forgery_is_a_warning() -> None:
    found = mark(FORGED)
    assert found is not None
    assert found.is_forged
    assert "comes from bank.test" in found.text


def test_nobody_checked() -> None:
    assert mark_of(b"Received: from x\r\n") is None
    assert mark_of(b"") is None


@pytest.mark.django_db
def test_the_page_says_it() -> None:
    raw = an_email("Hello you").as_bytes()
    signed = page(file(raw, above=OURS % b"dkim=pass header.d=bank.test; dmarc=pass header.from=bank.test"))
    assert "Signed by bank.test" in signed
    assert 'data-note="forged"' not in signed
    forged = page(file(raw, above=OURS % FORGED))
    assert 'class="banner banner-err" data-note="forged"' in forged
    assert "Nothing confirms that this comes from bank.test" in html.unescape(forged)


@pytest.mark.django_db
def test_what_the_message_says_itself_counts_for_nothing() -> None:
    claim = OURS % b"dkim=pass header.d=bank.test; dmarc=pass header.from=bank.test"
    assert "Signed by" not in page(file(claim + an_email("Hello").as_bytes()))


@pytest.mark.django_db
def test_names_are_text() -> None:
    hostile = b'dmarc=pass header.from="<b>x</b>"'
    assert "<b>x" not in page(file(an_email("Hello").as_bytes(), above=OURS % hostile))
