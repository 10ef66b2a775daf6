"""Signatures are believed as far as they go, and never further (RFC 6376 6, 8301, 8463)."""

import base64
import re
from dataclasses import replace

import pytest

from apps.protocols.mailauth.dkim.keys import SigningKey
from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dkim.verify import SIGNATURES, check_dkim
from apps.protocols.mailauth.lookups import Status
from tests.shared_data import shared

from .answering import Records, answer
from .keys import ed25519_key, name, record, rsa_key
from .signing import MESSAGE, signed

KEY = rsa_key()
NOW = 1_795_000_000
RECORDS: Records = {name(key): record(key) for key in (KEY, ed25519_key())}


def check(message: bytes, records: Records = RECORDS) -> DkimResult:
    """Return what became of the one signature."""
    (result,) = answer(check_dkim(message, NOW), records)
    return result


def test_it_works() -> None:
    result = check(signed(KEY, i="news@mail.example.test"))
    assert result == DkimResult(
        Dkim.PASS,
        domain="example.test",
        selector="r1",
        identity="news@mail.example.test",
        algorithm="rsa-sha256",
        bits=2048,
        signature=result.signature,
    )
    assert len(result.signature) == 8


def test_ed25519() -> None:
    result = check(signed(ed25519_key()))
    assert (result.result, result.algorithm, result.bits) == (Dkim.PASS, "ed25519-sha256", 256)


def test_nothing_is_signed() -> None:
    assert check(MESSAGE).result is Dkim.NONE
    assert check(b"").result is Dkim.NONE


@pytest.mark.parametrize("path", ["001", "002", "003", "004", "005", "006"])
def test_messages_of_others(path: str) -> None:
    """RFC 8463's among them; the records stand before the message."""
    head, _, message = shared(f"dkim/dkim/{path}.txt").read_bytes().partition(b"\n\n")
    records = dict(line.split(" ", 1) for line in head.decode().splitlines())
    results = answer(check_dkim(message, 1_528_637_909), records)
    assert results
    assert {result.result for result in results} == {Dkim.PASS}
    for result in answer(check_dkim(message + b"more\r\n", 1_528_637_909), records):
        assert (result.result, result.reason) == (Dkim.FAIL, "the body was changed")


@pytest.mark.parametrize("form", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"])
def test_forms(form: str) -> None:
    message = signed(KEY, c=form)
    assert check(message).result is Dkim.PASS
    header, body = form.split("/")
    refolded = message.replace(b"a  folded\r\n\tsubject", b"a folded subject")
    assert (check(refolded).result is Dkim.PASS) == (header == "relaxed")
    trimmed = message.replace(b"Hello \t Bob", b"Hello Bob").replace(b"it. \r\n\r\n\r\n", b"it.\r\n")
    assert (check(trimmed).result is Dkim.PASS) == (body == "relaxed")
    assert check(message.replace(b"Bob,\r\n\r\n", b"Bob,\r\n")).result is Dkim.FAIL


def test_forms_have_defaults() -> None:
    assert check(signed(KEY, c="relaxed")).result is Dkim.PASS
    assert check(signed(KEY, c="simple/simple", drop="c")).result is Dkim.PASS


@pytest.mark.parametrize(
    "change",
    [
        (b"Alice <alice@", b"Alice <mallory@"),
        (b"Subject: a", b"Subject: b"),
        (b"Hello", b"Hallo"),
        (b"d=example.test", b"t=1; d=example.test"),
        (b"h=from:to", b"h=from:x:to"),
    ],
)
def test_changes_are_seen(change: tuple[bytes, bytes]) -> None:
    assert check(signed(KEY).replace(*change)).result is Dkim.FAIL


@pytest.mark.parametrize(
    "change",
    [
        (b"h=from:to", b"h=From : \r\n\tTO"),
        (b"DKIM-Signature: v", b"dkim-signature  :   v"),
        (b"Received: from a", b"X-New: yes\r\nReceived: from z"),
        (b"Subject: a  folded\r\n\tsubject", b"SUBJECT  :a\r\n folded   subject\t "),
    ],
)
def test_what_may_change(change: tuple[bytes, bytes]) -> None:
    """With h= written as the changed one says, which its own signature covers."""
    old, new = change
    if b"h=" in old:
        assert check(signed(KEY, h="From : \r\n\tTO:subject:date")).result is Dkim.PASS
    else:
        assert check(signed(KEY).replace(old, new)).result is Dkim.PASS


def test_a_folded_signature() -> None:
    message = signed(KEY)
    value = re.search(rb"; b=(.*)\r\n", message)
    assert value
    folded = b"\r\n\t ".join(value[1][at : at + 10] for at in range(0, len(value[1]), 10))
    assert check(message.replace(value[0], b"; b=\r\n " + folded + b" \r\n")).result is Dkim.PASS
    assert check(message.replace(value[0], b"; b=" + value[1] + b" ;\r\n")).result is Dkim.FAIL


def test_fields_are_taken_from_the_bottom() -> None:
    """A second Subject on top is not signed where it was not said that there is none."""
    message = signed(KEY)
    assert check(message.replace(b"To: bob", b"Subject: buy\r\nTo: bob")).result is Dkim.PASS
    twice = signed(KEY, h="from:to:subject:subject:date")
    assert check(twice).result is Dkim.PASS
    assert check(twice.replace(b"To: bob", b"Subject: buy\r\nTo: bob")).result is Dkim.FAIL


def test_a_signature_does_not_sign_itself() -> None:
    """RFC 6376 5.4: h= means other signatures."""
    first = signed(ed25519_key())
    results = answer(check_dkim(signed(KEY, first, h="from:dkim-signature:dkim-signature"), NOW), RECORDS)
    assert [result.result for result in results] == [Dkim.PASS, Dkim.PASS]


@pytest.mark.parametrize("length", ["0", "5", "10"])
def test_a_part_of_the_body(length: str) -> None:
    """Right, but whoever passed it on may have added the rest."""
    result = check(signed(KEY, l=length))
    assert (result.result, result.is_partial) == (Dkim.NEUTRAL, True)
    assert check(signed(KEY, l=length) + b"more\r\n").result is Dkim.NEUTRAL


def test_the_whole_body_by_length() -> None:
    body = b"Hello Bob,\r\n\r\nthis is it.\r\n"
    message = signed(KEY, l=str(len(body)))
    assert (check(message).result, check(message).is_partial) == (Dkim.PASS, False)
    assert check(message + b"more\r\n").result is Dkim.NEUTRAL
    assert check(signed(KEY, l=str(len(body) + 1))).result is Dkim.FAIL


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"v": "2"}, "another version"),
        ({"drop": "v"}, "another version"),
        ({"drop": "a"}, "a= is missing"),
        ({"drop": "b"}, "b= is missing"),
        ({"drop": "bh"}, "bh= is missing"),
        ({"drop": "d"}, "d= is missing"),
        ({"drop": "s"}, "s= is missing"),
        ({"drop": "h"}, "h= is missing"),
        ({"a": "rsa-sha1"}, "rsa-sha1 proves nothing"),
        ({"a": "rsa-sha512"}, "algorithm is not known"),
        ({"a": "RSA-SHA256"}, "algorithm is not known"),
        ({"a": "ed25519-sha256"}, "the key is for another algorithm"),
        ({"c": "relaxed/relaxed/simple"}, "c= is not known"),
        ({"c": "relaxed/"}, "c= is not known"),
        ({"c": "nofws"}, "c= is not known"),
        ({"d": "test"}, "d= is no name"),
        ({"d": "exa mple.test"}, "d= is no name"),
        ({"d": "example..test"}, "d= is no name"),
        ({"d": "example.test."}, "d= is no name"),
        ({"s": "r1..x"}, "s= is no name"),
        ({"s": "*"}, "s= is no name"),
        ({"h": "to:subject"}, "From is not signed"),
        ({"h": "from::to"}, "no list of fields"),
        ({"h": "from:" + ":".join("x" * 1000)}, "no list of fields"),
        ({"i": "@example.org"}, "not of the domain"),
        ({"i": "@badexample.test"}, "not of the domain"),
        ({"i": "example.test"}, "not of the domain"),
        ({"q": "dns/other"}, "not published in DNS"),
        ({"t": "soon"}, "not a number"),
        ({"t": ""}, "not a number"),
        ({"x": "later"}, "not a number"),
        ({"t": "20", "x": "20"}, "ended before it was made"),
        ({"l": "-1"}, "not a number"),
        ({"bh": "n/o"}, "not base64"),
        ({"v": "1; v=1"}, "v= stands there twice"),
        ({"v": "1; ; w=2"}, "not a list of tags"),
        ({"v": "1; -=2"}, "not a list of tags"),
        ({"v": "1; w\x01=2"}, "not a list of tags"),
    ],
)
def test_malformed_signatures(tags: dict[str, str], reason: str) -> None:
    result = check(
        signed(KEY, **tags) if "a" not in tags else signed(KEY).replace(b"rsa-sha256", tags["a"].encode())
    )
    assert (result.result, reason in result.reason) == (Dkim.PERMERROR, True), result.reason


def test_odd_signatures_that_are_right() -> None:
    for tags in (
        {"q": "dns/txt"},
        {"q": "dns/other : dns/txt"},
        {"t": str(NOW + 3600)},
        {"t": "1", "x": str(NOW)},
        {"z": "From:a@b"},
        {"w": ""},
        {"i": "=41lice@EXAMPLE.test"},
        {"d": "Example.TEST"},
    ):
        assert check(signed(KEY, **tags)).result is Dkim.PASS, tags


def test_a_signature_past_its_end() -> None:
    assert check(signed(KEY, x=str(NOW - 1))).result is Dkim.POLICY


def with_record(text: str, key: SigningKey = KEY, **tags: str) -> DkimResult:
    """Check against another record."""
    return check(signed(key, **tags), {name(key): text})


P = record(KEY).partition("p=")[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("v=DKIM1; p=", "revoked"),
        ("p=;", "revoked"),
        ("v=DKIM1", "no key"),
        ("", "malformed"),
        ("v=spf1 -all", "another version"),
        ("anything", "malformed"),
        (f"v=DKIM2; p={P}", "another version"),
        (f"p={P}; v=DKIM1", "another version"),
        (f"v=DKIM1; k=dsa; p={P}", "not known"),
        (f"v=DKIM1; k=ed25519; p={P}", "the key is malformed"),
        (f"v=DKIM1; h=sha1; p={P}", "not for sha256"),
        (f"v=DKIM1; s=tlsrpt; p={P}", "not for mail"),
        ("v=DKIM1; p=!!", "malformed"),
        ("v=DKIM1; p=AAAA", "malformed"),
        (f"v=DKIM1; p={P}; p={P}", "malformed"),
        (f"v=DKIM1; p={P}; n=" + "x" * 5000, "too long"),
        (f"v=DKIM1; p={P[:300]}", "malformed"),
        (f"v=DKIM1; p={P};\x00", "malformed"),
    ],
)
def test_keys_that_are_none(text: str, reason: str) -> None:
    result = with_record(text)
    assert (result.result, reason in result.reason) == (Dkim.PERMERROR, True), result.reason


@pytest.mark.parametrize(
    "text",
    [
        f"p={P}",
        f" v = DKIM1 ;\tk=rsa; t=; s=email:other; h=sha1 : sha256; n=a note; g=*; x=y; p={P[:50]} {P[50:]} ;",
        f"v=DKIM1; s=*; p={P}",
    ],
)
def test_odd_keys(text: str) -> None:
    assert with_record(text).result is Dkim.PASS


def test_flags_of_a_key() -> None:
    assert with_record(f"v=DKIM1; t=y; p={P}").testing
    strict = f"v=DKIM1; t=y : s; p={P}"
    assert with_record(strict, i="a@example.test").result is Dkim.PASS
    assert with_record(strict, i="a@sub.example.test").result is Dkim.PERMERROR
    assert with_record(f"v=DKIM1; p={P}", i="a@sub.example.test").result is Dkim.PASS


def test_another_key() -> None:
    other = rsa_key(selector="r2")
    assert with_record(record(other)).reason == "the signature is wrong"
    assert with_record(record(ed25519_key())).reason == "the key is for another algorithm"


def test_several_records() -> None:
    """Which must not be, and are: the first key counts."""
    assert check(signed(KEY), {name(KEY): ("v=spf1 -all", record(KEY))}).result is Dkim.PASS
    assert check(signed(KEY), {name(KEY): ("junk", "more junk")}).result is Dkim.PERMERROR


def test_faults_of_dns_are_no_verdict() -> None:
    assert check(signed(KEY), {name(KEY): Status.FAULT}).result is Dkim.TEMPERROR
    assert check(signed(KEY), {name(KEY): Status.NO_DATA}).result is Dkim.PERMERROR
    assert check(signed(KEY), {}).result is Dkim.PERMERROR


def test_a_short_key() -> None:
    """RFC 8301 3.2. The signature is of a length to fit; nobody gets so far as to look at it."""
    short = (
        "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK+f1N+8UWB5J2K0v8Ux4b1OtCjcqI6aE8cZx6zvKxVwUpBkW0lR"
        "oWQo8mP9YbG0z6wq5oOZp5y2xJcZJr0l2yMCAwEAAQ=="
    )
    result = with_record(short)
    assert result.result is Dkim.POLICY
    assert "512 bits" in result.reason
    assert result.bits == 512


def test_a_key_of_1024_bits() -> None:
    key = rsa_key(bits=1024, selector="short")
    result = check(signed(key), {name(key): record(key)})
    assert (result.result, result.bits) == (Dkim.PASS, 1024)


def test_names_beyond_ascii() -> None:
    """RFC 8616: a signature may say bücher.test, whose key is looked up by its A-label."""
    key = replace(KEY, domain="bücher.test")
    asked: list[str] = []
    (result,) = answer(check_dkim(signed(key), NOW), {"r1._domainkey.xn--bcher-kva.test": record(KEY)}, asked)
    assert result.result is Dkim.PASS
    assert asked == ["r1._domainkey.xn--bcher-kva.test"]


def test_many_signatures() -> None:
    asked: list[str] = []
    message = signed(KEY)
    many = message[: message.index(b"Received")] * 100 + MESSAGE
    results = answer(check_dkim(many, NOW), RECORDS, asked)
    assert [result.result for result in results] == [Dkim.PASS] * SIGNATURES + [Dkim.POLICY]
    assert len(asked) == SIGNATURES


def test_nothing_is_asked_when_the_body_was_changed() -> None:
    asked: list[str] = []
    (result,) = answer(check_dkim(signed(KEY) + b"more\r\n", NOW), RECORDS, asked)
    assert (result.result, asked) == (Dkim.FAIL, [])


def test_text_between_fields() -> None:
    """What a reader would take for the text is not what was signed."""
    spoof = signed(KEY).replace(b"To: bob", b"pay to this account\r\nTo: bob")
    assert check(spoof).result is Dkim.FAIL


def test_an_endless_header() -> None:
    assert check(signed(KEY, b"X: y\r\n" * 100_000 + MESSAGE)).result is Dkim.PERMERROR


def test_a_message_with_the_line_ends_of_a_file() -> None:
    assert check(signed(KEY).replace(b"\r\n", b"\n")).result is Dkim.PASS


def test_base64_of_a_signature_is_strict() -> None:
    message = signed(KEY)
    at = message.index(b"; b=") + 10
    assert check(message[:at] + b"!" + message[at:]).result is Dkim.PERMERROR
    value = base64.b64encode(b"short")
    assert check(re.sub(rb"; b=.*\r\n", b"; b=" + value + b"\r\n", message, count=1)).result is Dkim.FAIL


def test_a_name_that_dns_cannot_have_is_no_fault_of_dns() -> None:
    """Or a forger makes DMARC's failure a doubt by a selector that nobody can ask for."""
    selector = ".".join(["a" * 60] * 4)
    assert (
        check(signed(KEY, s=selector), {f"{selector}._domainkey.example.test": Status.FAULT}).result
        is Dkim.PERMERROR
    )
