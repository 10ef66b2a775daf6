# ruff: noqa: RUF001
"""What a message gives away: mallory's tricks, and alice's letters that have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spam.content import examine
from apps.spam.content.catalogue import KINDS
from apps.spam.content.words import WORDS
from apps.spam.reading import read
from apps.spam.symbols import Sort, Source
from tests.spam.reading.letters import letter

from .found import found

WORDY = " ".join(f"word{number}" for number in range(80))


def test_it_works() -> None:
    evidence = examine(
        read(
            letter(
                '<p>Your account is locked.</p><a href="https://paypal.com.evil.test/login">https://www.paypal.com/</a>'
                '<form action="https://evil.test/"><input type=password></form>',
                sender='"PayPal Support" <service@evil.test>',
            )
        )
    )
    names = {symbol.name for symbol in evidence.symbols}
    assert names >= {
        "FROM_BRAND_ELSEWHERE",
        "HTML_PASSWORD_FIELD",
        "URL_TEXT_BRAND_HOST",
        "URL_HOST_IMITATES",
    }
    assert {symbol.source for symbol in evidence.symbols} == {Source.CONTENT}
    assert evidence.of(Sort.PHISHING) > 4
    assert not evidence.missing


HARMLESS = [
    letter(text="Hi Alice,\n\nshall we meet at https://example.org/cafe at five?\n\nBob", sender="Bob <bob@example.test>"),
    letter("<p>Hi Alice,</p><p>see <a href='https://example.test/x'>my pictures</a>.</p>", sender="bob@example.test"),
    letter(text="Привет, Алиса! Встретимся завтра в 5? Мощность 3 кВт, файл PDF, звук в dB.", subject="Встреча",
           sender="Борис <boris@example.test>"),
    letter(text="\u0393\u03b5\u03b9\u03b1 \u03c3\u03bf\u03c5 \u0391\u03bb\u03af\u03ba\u03b7, \u03c4\u03b9 \u03ba\u03ac\u03bd\u03b5\u03b9\u03c2; 5 µm, 3 Ω, π", sender="b@example.test"),
    letter(text="アリスさん、明日の会議はZoomで行います。ＡＢＣ資料を添付します。", subject="会議", sender="佐藤 <sato@example.test>"),
    letter(text="\u0633\u0644\u0627\u0645 \u0645\u06cc\u200c\u0631\u0648\u0645 \u0628\u0647 \u0645\u062f\u0631\u0633\u0647 \u200f(test)\u200f", sender="\u0639\u0644\u06cc <ali@example.test>"),
    letter(text="नमस्ते एलिस, क्\u200dया हाल है? 👩\u200d👩\u200d👧", sender="raj@example.test"),
    letter(text="Grüße aus Köln! Größe 42, Straße 7, naïve café, Łódź, İstanbul", sender="Jörg <joerg@example.test>"),
]  # fmt: skip


@pytest.mark.parametrize("raw", HARMLESS)
def test_harmless_mail_weighs_nothing_in_any_language(raw: bytes) -> None:
    assert examine(read(raw)).score == 0


TRICKS: dict[str, list[bytes]] = {
    "HTML_HIDDEN_TEXT": [letter(f"<p>Buy</p><div style='display:none'>{WORDY}</div>")],
    "HTML_HIDDEN_MORE_THAN_SEEN": [letter(f"<p>Buy</p><div style='display:none'>{WORDY}</div>")],
    "HTML_TINY_TEXT": [letter(f"<p>Buy</p><div style='font-size:0'>{WORDY}</div>")],
    "HTML_TEXT_LIKE_BACKGROUND": [letter(f"<p>Buy</p><font color=white>{WORDY}</font>")],
    "HTML_TEXT_OFF_SCREEN": [letter(f"<p>Buy</p><p style='position:absolute;left:-9999px'>{WORDY}</p>")],
    "HTML_SPLIT_WORDS": [
        letter("V<!-- a -->iag<!-- b -->ra Ci<!-- c -->alis"),
        letter("V<i style='display:none'>x</i>iag<i style='font-size:0'>y</i>ra Ci<i style='display:none'>z</i>alis"),
    ],
    "HTML_SCRIPT": [letter("<script>x</script>"), letter("<p onclick='x()'>a</p>")],
    "HTML_FRAME": [letter("<iframe src='https://evil.test/'></iframe>")],
    "HTML_REFRESH": [letter("<meta http-equiv=refresh content='0;url=https://evil.test/'>")],
    "HTML_BASE_ELSEWHERE": [letter("<base href='https://else.test/'><a href=x>y</a>")],
    "HTML_FORM": [letter("<form action='https://evil.test/'><input></form>")],
    "HTML_IMAGE_ONLY": [letter("<img src='https://evil.test/a.png'>")],
    "HTML_ONE_LINKED_IMAGE": [letter("<a href='https://evil.test/'><img src='https://evil.test/a.png'></a>")],
    "HTML_ALTERNATIVES_DIFFER": [letter(f"<p>{WORDY}</p>", text=WORDY.replace("word", "other"))],
    "TEXT_MIXED_SCRIPTS": [letter(text="Yоur bаnk ассоunt wаs lосkеd tоdау, vеrifу nоw")],
    "TEXT_INVISIBLE_LETTERS": [letter(text="V\u200bi\u200ba\u200bg\u200br\u200ba")],
    "TEXT_STYLED_LETTERS": [letter(text="\U0001d5d5\U0001d5e8\U0001d5ec \U0001d5e1\U0001d5e2\U0001d5ea \U0001d5e7\U0001d5e2\U0001d5d7\U0001d5d4")],
    "TEXT_REVERSED": [letter(text="see \u202eexe.fdp")],
    "SUBJECT_MIXED_SCRIPTS": [letter(text="x", subject="Your pаypаl account")],
    "SUBJECT_INVISIBLE_LETTERS": [letter(text="x", subject="In\u200bvoice")],
    "SUBJECT_STYLED_LETTERS": [letter(text="x", subject="\U0001d5d5\U0001d5e8\U0001d5ec now")],
    "FROM_MIXED_SCRIPTS": [letter(text="x", sender="PаyPаl <a@evil.test>")],
    "FROM_INVISIBLE_LETTERS": [letter(text="x", sender="Pay\u200bPal <a@evil.test>")],
    "MIME_BROKEN": [
        b"From: a@evil.test\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ntext",
        b"From: a@evil.test\nContent-Type: nonsense\n\ntext",
    ],
    "TEXT_UNKNOWN_CHARSET": [b"From: a@evil.test\nContent-Type: text/plain; charset=no-such\n\nGr\xfc\xdfe"],
    "TEXT_NONE": [b"From: a@evil.test\nSubject: x\n\n \n"],
    "FROM_SEVERAL": [letter(text="x", sender="a@evil.test, b@evil.test")],
    "FROM_MISSING": [b"Subject: x\n\nx"],
    "FROM_NAMES_OTHER_ADDRESS": [letter(text="x", sender='"service@paypal.com" <a@evil.test>')],
    "FROM_BRAND_ELSEWHERE": [
        letter(text="x", sender="DHL Paket <a@evil.test>"),
        letter(text="x", sender="Apple Support <a@evil.test>"),
        letter(text="x", sender="Bank of America <a@evil.test>"),
    ],
    "FROM_HOST_IMITATES": [
        letter(text="x", sender="a@paypa1.test"),
        letter(text="x", sender="a@xn--pypal-4ve.test"),
        letter(text="x", sender="a@rnicrosoft.test"),
    ],
    "REPLY_TO_FREE_MAIL": [letter(text="x", Reply_To="x@gmail.com")],
    "REPLY_TO_ELSEWHERE": [letter(text="x", Reply_To="x@else.test")],
    "BULK_LIST_UNSUBSCRIBE": [letter(text="x", List_Unsubscribe="<https://evil.test/u>")],
    "BULK_ONE_CLICK": [letter(text="x", List_Unsubscribe_Post="List-Unsubscribe=One-Click")],
    "BULK_PRECEDENCE": [letter(text="x", Precedence="bulk")],
    "BULK_LIST_ID": [letter(text="x", List_Id="<a.test>")],
    "BULK_DISCUSSION": [letter(text="x", List_Post="<mailto:list@a.test>")],
    "BULK_SENT_BY_SERVICE": [letter(text="x", Feedback_ID="1:2:3:x")],
    "BULK_TRACKER": [letter("x<img src='https://t.test/o' width=1 height=1>")],
    "BULK_UNSUBSCRIBE_LINK": [
        letter("<a href='https://t.test/o'>Newsletter abbestellen</a>"),
        letter("<a href='https://t.test/o'>配信停止はこちら</a>"),
        letter(text="To unsubscribe: https://t.test/o"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "raw"), [(name, raw) for name, every in TRICKS.items() for raw in every])
def test_a_trick_is_seen(name: str, raw: bytes) -> None:
    assert name in found(raw)


NO_TRICKS: dict[str, list[bytes]] = {
    "FROM_BRAND_ELSEWHERE": [
        letter(text="x", sender="PayPal <service@paypal.de>"),
        letter(text="x", sender="DHL Paket <noreply@mail.dhl.de>"),
        letter(text="x", sender="Chase Miller <chase@example.test>"),
        letter(text="x", sender="Apple Martin <apple@example.test>"),
        letter(text="x", sender="Microsoft Outlook <MicrosoftExchange329e71@example.test>"),
        letter(text="x", sender="Netflix <info@members.netflix.com>"),
        letter(text="x", sender="Instagram <security@facebookmail.com>"),
        letter(text="x", sender="Bob <bob@dhl-fans.test>"),
        letter(text="x", sender="Sparkasse Bremen <info@sparkasse-bremen.test>"),
        letter(text="x", sender="Microsoft Teams <noreply@teams.mail.microsoft>"),
    ],
    "FROM_HOST_IMITATES": [
        letter(text="x", sender="a@paypal.com"),
        letter(text="x", sender="a@outlook.example.test"),
        letter(text="x", sender="a@microsoft.com"),
        letter(text="x", sender="a@xn--mnchen-3ya.test"),
    ],
    "FROM_NAMES_OTHER_ADDRESS": [letter(text="x", sender='"bob@mail.example.test" <bob@example.test>')],
    "REPLY_TO_FREE_MAIL": [letter(text="x", sender="bob@gmail.com", Reply_To="bob@gmail.com")],
    "REPLY_TO_ELSEWHERE": [letter(text="x", sender="a@mail.evil.test", Reply_To="b@evil.test")],
    "HTML_IMAGE_ONLY": [letter(f"<p>{WORDY}</p><img src=a>"), letter("<p>Hello</p>")],
    "HTML_ALTERNATIVES_DIFFER": [letter(f"<p>{WORDY}</p>", text=WORDY)],
    "TEXT_INVISIBLE_LETTERS": [
        letter(text="Donau\u00addampf\u00adschiff\u00adfahrts\u00adgesell\u00adschaft")
    ],
    "HTML_SPLIT_WORDS": [letter("<p>A</p><!-- a --><p>B</p><!-- b --><p>C</p><!-- c --><p>D</p>")],
}


@pytest.mark.parametrize(("name", "raw"), [(name, raw) for name, every in NO_TRICKS.items() for raw in every])
def test_what_is_no_trick_is_not_taken_for_one(name: str, raw: bytes) -> None:
    assert name not in found(raw)


def test_every_symbol_has_words_and_a_modest_weight() -> None:
    assert set(WORDS) == set(KINDS)
    assert all(abs(weight) <= 3.5 for weight, _ in KINDS.values())


def test_a_newsletter_is_bulk_and_not_spam() -> None:
    evidence = examine(
        read(
            letter(
                f"<p>{WORDY}</p><a href='https://news.example.test/u?x'>Unsubscribe</a><img src='https://news.example.test/o' width=1>",
                sender="News <news@example.test>",
                List_Unsubscribe="<https://news.example.test/u>",
                List_Unsubscribe_Post="List-Unsubscribe=One-Click",
            )
        )
    )
    assert evidence.of(Sort.BULK) >= 2
    assert evidence.of(Sort.SPAM) == evidence.of(Sort.PHISHING) == 0


@given(
    st.binary(max_size=500),
    st.sampled_from(["Content-Type: text/html\n\n<a href=", "From: ", "Subject: =?utf-8?q?", "\n"]),
)
def test_it_never_raises(data: bytes, before: str) -> None:
    for symbol in examine(read(before.encode() + data)).symbols:
        assert symbol.name in KINDS
        assert len(symbol.detail) <= 200
