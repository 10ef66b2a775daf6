"""The made mail: well-formed, filled, the same on every run, in every language and both classes."""

import re
from collections import Counter

import pytest

from apps.protocols.mime.scan import scan
from bench.spam.made.make import messages
from bench.spam.made.texts import CLASSES, HAM, SLOT, UNWANTED, language, written

LEAST = {"personal": 20, "transactional": 25, "newsletter": 12, "business": 10}
DRAWN = {
    "sum",
    "fee",
    "million",
    "date",
    "time",
    "year",
    "code",
    "number",
    "n",
    "pct",
    "phone",
    "wallet",
    "link",
    "name",
    "friend",
    "person",
    "me",
    "email",
    "domain",
}
LISTS = {
    "first",
    "last",
    "sender_person",
    "company",
    "bank",
    "item",
    "city",
    "street",
    "day",
    "month",
    "dates",
    "money",
    "hello_person",
    "hello_service",
    "bye_person",
    "bye_service",
    "wrote",
    "small",
    "unsubscribe",
}
HOST = re.compile(rb"(?:@|//)([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)")
RESERVED = re.compile(rb"\.(?:example|test|invalid)$|^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$")
every_language = pytest.mark.parametrize("code", written())


def test_it_works() -> None:
    made = list(messages("en", 10))
    assert Counter(label for label, _, _ in made) == {"ham": 10, "spam": 10}
    assert made == list(messages("en", 10))
    assert len({raw for _, _, raw in made}) == 20


@every_language
def test_enough_is_written_and_each_slot_has_a_source(code: str) -> None:
    tongue = language(code)
    kinds = Counter(text.kind for texts in tongue.texts.values() for text in texts)
    assert all(kinds[kind] >= least for kind, least in LEAST.items()), kinds
    assert sum(kinds[kind] for kind in UNWANTED) >= 30, kinds
    assert set(kinds) == {*HAM, *UNWANTED}
    assert set(tongue.lists) >= LISTS
    assert len(tongue.lists["month"]) == 12
    texts = [text.words for several in tongue.texts.values() for text in several]
    frames = [
        line for name, lines in tongue.lists.items() if name not in {"dates", "money"} for line in lines
    ]
    slots = {slot for text in (*texts, *frames) for slot in SLOT.findall(text)}
    assert slots <= DRAWN | set(tongue.lists), slots - DRAWN - set(tongue.lists)
    assert all(text.count("{") == text.count("}") for text in (*texts, *frames))


@every_language
def test_texts_of_both_classes_bring_files(code: str) -> None:
    for label in CLASSES:
        assert sum(bool(text.files) for text in language(code).texts[label]) >= 3


@every_language
def test_every_message_reads_well(code: str) -> None:
    for label, kind, raw in messages(code, 30):
        scanned = scan(raw)
        where = f"{code} {label} {kind}\n{raw[:3000].decode('utf-8', 'replace')}"
        assert not scanned.defects, where
        assert scanned.subject, where
        assert scanned.from_addr.rpartition(".")[2] in {"example", "test", "invalid"}, where
        assert scanned.message_id, where
        assert scanned.sent_at, where
        assert len(scanned.text.encode()) > 60, where
        assert not set("{}|\ufffd") & set(scanned.subject + scanned.text), where
        assert "=?" not in scanned.subject, where
        hosts = HOST.findall(raw.replace(b"=\r\n", b"").replace(b"=\n", b""))
        assert all(RESERVED.search(host) for host in hosts), f"{hosts} {where}"
