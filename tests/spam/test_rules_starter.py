"""The rules of the release: every sample of each, and what everyday mail must not meet."""

import pytest

from apps.spam.rules import starter
from apps.spam.rules.definitions import Came
from apps.spam.rules.documents import Document, check_document, from_json, from_toml, to_json
from apps.spam.rules.engine import check, compile_rules
from apps.spam.rules.prefilter import Prefilter
from apps.spam.rules.samples import outcomes, sketch
from apps.spam.rules.starter import words
from apps.spam.rules.texts import LINES

RULES = [one.rule for one in starter.document().rules]

EVERYDAY = (
    "Hi Anna, your parcel is at the neighbours'. Shall we have lunch on Friday? The bank closes at four.",
    "Ihr Paket wurde zugestellt. Die Rechnung über 49,90 EUR finden Sie in Ihrem Konto. Vielen Dank für Ihren Einkauf!",
    "Bonjour, le compte rendu de la réunion est en pièce jointe. Merci de confirmer votre présence avant jeudi.",
    "Hola, te envío la factura de marzo. El pago vence el día 15; si tienes dudas, llámame.",
    "Ciao, il tuo abbonamento in palestra è stato rinnovato. Ci vediamo lunedì!",
    "Olá, a sua encomenda foi enviada e chega amanhã. Obrigado pela preferência.",
    "Cześć, przelew doszedł, dziękuję. Paczka czeka w paczkomacie, kod odbioru w aplikacji.",
    "Hoi, je wachtwoord is gewijzigd. Was jij dit niet? Neem dan contact met ons op.",
    "Здравствуйте! Ваш заказ отправлен. Оплата получена, спасибо за покупку.",
    "Merhaba, siparişiniz kargoya verildi. Faturanız ektedir.",  # noqa: RUF001
    "ご注文ありがとうございます。商品は明日お届け予定です。領収書を添付いたします。",
    "您好,您的订单已发货,预计明天送达。发票请见附件。",
    "안녕하세요, 주문하신 상품이 발송되었습니다. 감사합니다.",
    "مرحبا، تم شحن طلبك وسيصل غدا. شكرا لك.",
    "Your password was changed. If it was not you, reset it in the settings. Your monthly statement is ready to view online.",
    "Join us for the webinar on Thursday. You get this newsletter because you signed up; unsubscribe at any time.",
)


def test_there_are_enough_of_them_with_samples_of_both_kinds() -> None:
    telling = [rule for rule in RULES if rule.score]
    assert len(telling) >= 200
    for rule in telling:
        assert rule.description, rule.name
        assert rule.samples.match, rule.name
        assert rule.samples.miss, rule.name
        # No rule convicts alone: mail becomes junk from 4 on.
        assert 0 < rule.score < 4, rule.name
    assert {one.group for one in starter.document().rules} == {
        "banks", "fraud", "goods", "headers", "links", "money", "parcels", "pitches"
    }  # fmt: skip


def test_translators_find_what_they_say() -> None:
    assert set(words.TEXTS) == {rule.description for rule in RULES}


def test_every_rule_is_well_made() -> None:
    check_document(starter.document())


@pytest.mark.parametrize("group", sorted({one.group for one in starter.document().rules}))
def test_every_sample_holds(group: str) -> None:
    for listed in starter.document().rules:
        if listed.group == group:
            check(listed.rule)
            wrong = [one.text for one in outcomes(listed.rule, RULES) if not one.is_right]
            assert not wrong, listed.rule.name


def test_the_prefilter_loses_no_sample() -> None:
    patterns = [rule for rule in RULES if rule.target not in {"meta", "client"}]
    prefilter = Prefilter([rule.expression for rule in patterns])
    for number, rule in enumerate(patterns):
        for text in rule.samples.match:
            prepared = f"Subject: x\n\n{text}" if rule.target not in LINES else text
            assert number in prefilter.candidates(prepared.encode()), rule.name


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_mail_meets_no_rule(text: str) -> None:
    message = sketch(
        "Received: from mail.example.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Message-ID: <abc@mail.example.org>\nDate: Mon, 2 Mar 2026 10:00:00 +0100\n"
        f"From: Anna <anna@example.org>\nTo: bob@example.test\nSubject: {text[:40]}\n\n{text}"
    )
    assert [one.name for one in starter.rule_set().match(message, Came()).symbols] == []


def test_a_document_is_written_and_read_back() -> None:
    document = Document(7, starter.document().rules[:20])
    assert from_json(to_json(document)) == document


def test_what_is_no_document_is_refused() -> None:
    for text in ("", "[]", "{}", '{"version": true, "rules": []}', '{"version": 1, "rules": []}',
                 '{"version": 1, "rules": [{"name": "AA", "target": "nowhere"}]}',
                 '{"version": 1, "rules": [{"name": "AA", "target": "body", "secret": 1}]}'):  # fmt: skip
        with pytest.raises(ValueError, match=r"\w"):
            from_json(text)
    with pytest.raises(ValueError, match="TOML"):
        from_toml("= 1")


@pytest.mark.slow
def test_thousands_of_rules_are_matched_in_bounded_time() -> None:
    import time

    many = [rule for rule in RULES if rule.target == "body"]
    rules = compile_rules(
        type(rule)(f"{rule.name}_{turn}", rule.target, rule.expression, 1.0)
        for turn in range(8)
        for rule in many
    )
    message = sketch("Subject: x\n\n" + " ".join(EVERYDAY) * 400)
    begun = time.process_time()
    found = rules.match(message, Came())
    assert time.process_time() - begun < 2.0
    assert not found.symbols
