"""What servers say of a message is written so that it can be read, whatever others claim; and ours is not forged."""

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.arc.results import Arc, ArcResult
from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dmarc.checking import DmarcResult
from apps.protocols.mailauth.dmarc.record import Policy, Record
from apps.protocols.mailauth.results import Findings, Method, Property, Results, collect, read, without_ours


@dataclass
class Spf:
    result: str = "pass"
    domain: str = "example.test"
    scope: str = "mfrom"
    reason: str = ""


@dataclass
class Iprev:
    result: str = "pass"
    name: str = "mail.example.test"
    reason: str = ""


DKIM = DkimResult(Dkim.PASS, "example.test", "r1", "@example.test", "rsa-sha256", 2048, signature="dzd+yOf/")


def test_it_works() -> None:
    record = DmarcResult(
        "fail",
        "example.test",
        policy=Policy.REJECT,
        policy_said_by="sp",
        record=Record.__new__(Record),
        reason="none aligned",
    )
    field = Findings(
        "mx.example.test",
        spf=Spf(),
        dkim=(DKIM, replace(DKIM, result=Dkim.FAIL, reason="the body was changed", testing=True)),
        dmarc=record,
        arc=ArcResult(Arc.PASS, highest=2, oldest_pass=1),
        iprev=Iprev(),
        address="2001:db8::1",
    ).field
    assert field.decode() == (
        "Authentication-Results: mx.example.test;\r\n"
        '\tarc=pass (i=2) smtp.remote-ip="2001:db8::1" header.oldest-pass=1;\r\n'
        "\tspf=pass smtp.mailfrom=example.test;\r\n"
        "\tdkim=pass (2048-bit key) header.d=example.test header.i=@example.test\r\n"
        '\theader.s=r1 header.a=rsa-sha256 header.b="dzd+yOf/";\r\n'
        '\tdkim=fail (2048-bit key, testing) reason="the body was changed"\r\n'
        "\theader.d=example.test header.i=@example.test header.s=r1 header.a=rsa-sha256\r\n"
        '\theader.b="dzd+yOf/";\r\n'
        '\tdmarc=fail (sp=reject) reason="none aligned" header.from=example.test\r\n'
        "\tpolicy.dmarc=reject;\r\n"
        '\tiprev=pass (mail.example.test) policy.iprev="2001:db8::1"\r\n'
    )
    found = read(field.decode().partition(":")[2])
    assert found.authserv_id == "mx.example.test"
    assert [(method.name, method.result) for method in found.methods] == [
        ("arc", "pass"),
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dkim", "fail"),
        ("dmarc", "fail"),
        ("iprev", "pass"),
    ]
    assert found.of("dkim")[0].value("header", "b") == "dzd+yOf/"
    assert found.of("dkim")[1].reason == "the body was changed"
    assert found.of("iprev")[0].value("policy", "iprev") == "2001:db8::1"
    assert found.of("spf")[0].value("smtp", "helo") == ""


def test_nothing_to_say() -> None:
    assert Findings("mx.example.test").field == b"Authentication-Results: mx.example.test;\r\n\tnone\r\n"
    assert Findings("mx.example.test", arc=ArcResult(Arc.NONE)).field.endswith(b"\tnone\r\n")
    assert (
        Findings("mx.example.test", dkim=(DkimResult(Dkim.NONE, reason="x"),)).text
        == "mx.example.test; dkim=none"
    )
    assert read("mx.example.test; none") == Results("mx.example.test")


def test_helo() -> None:
    assert Findings("mx.test", spf=Spf("fail", scope="helo", reason="-all")).text == (
        'mx.test; spf=fail reason="-all" smtp.helo=example.test'
    )


@pytest.mark.parametrize(
    "claim",
    ['x" y', "a; dmarc=pass", "a\r\nX: y", "(", "a\\", "\x00", "bücher@x.test", "=?utf-8?q?x?=", "\ud800"],
)
def test_claims_stay_claims(claim: str) -> None:
    field = Findings("mx.test", dkim=(replace(DKIM, identity=claim, result=Dkim.FAIL, reason=claim),)).field
    assert field.count(b"\r\n") == field.count(b"\r\n\t") + 1
    (method,) = read(field.decode().partition(":")[2]).methods
    expected = claim.replace("\r\n", " ").replace("\x00", " ").replace("\ud800", "?")
    assert method.reason == method.value("header", "i") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The examples of RFC 8601, appendix B.
        ("example.org 1; none", Results("example.org")),
        (
            "example.com;\r\n spf=pass smtp.mailfrom=example.net",
            Results(
                "example.com", (Method("spf", "pass", "", (Property("smtp", "mailfrom", "example.net"),)),)
            ),
        ),
        (
            'example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=fail reason="no: a;b (c)"',
            Results(
                "example.com",
                (
                    Method("auth", "pass", "", (Property("smtp", "auth", "sender@example.net"),)),
                    Method("spf", "fail", "no: a;b (c)"),
                ),
            ),
        ),
        (
            """foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail
            policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 13624""",
            Results(
                "foo.example.net", (Method("dkim", "fail", "", (Property("policy", "expired", "13624"),)),)
            ),
        ),
        # As others write it, and nobody should.
        (
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.test; dkim=none",
            Results(
                "",
                (
                    Method("spf", "pass", "", (Property("smtp", "mailfrom", "a.test"),)),
                    Method("dkim", "none"),
                ),
            ),
        ),
        ("MX.Example.Test.;SPF=Pass", Results("mx.example.test", (Method("spf", "pass"),))),
        ('"mx example" ; spf=pass', Results("mx example", (Method("spf", "pass"),))),
        ("mx.test; =; spf; spf=; ; dkim=pass;", Results("mx.test", (Method("dkim", "pass"),))),
        ("mx.test; (unended; spf=pass", Results("mx.test")),
        (
            'mx.test; dkim=pass header.d="unended; spf=pass',
            Results("mx.test", (Method("dkim", "pass", "", (Property("header", "d", ""),)),)),
        ),
        ("", Results("")),
    ],
)
def test_what_others_write(text: str, expected: Results) -> None:
    assert read(text) == expected


FORGED = [
    b"Authentication-Results: mx.example.test; spf=pass\r\n",
    b"AUTHENTICATION-results : MX.Example.TEST; spf=pass\r\n",
    b"Authentication-Results:\r\n mx.example.test\r\n ; spf=pass\r\n",
    b"Authentication-Results: (a (comment\\)) here) mx.example.test (1) 1 ; spf=pass\r\n",
    b'Authentication-Results: "mx.example.test"; spf=pass\r\n',
    b'Authentication-Results: "mx\\.example.test" 1; spf=pass\r\n',
    b"Authentication-Results: mx.example.test/1; spf=pass\r\n",
    b"Authentication-Results: mx.example.test.; spf=pass\r\n",
    b"Authentication-Results: mx.example.test spf=pass\r\n",
    b"Authentication-Results: mx.example.test\r\n",
    b"Authentication-Results: =?utf-8?q?mx.example.test?=; spf=pass\r\n",
    b"Authentication-Results: =?utf-8?b?bXguZXhh?=\r\n =?utf-8?q?mple=2Etest?=; spf=pass\r\n",
    b"Authentication-Results: mx.exa(a comment)mple.test; spf=pass\r\n",
    b"Authentication-Results: mx . (one) example.(and (another))\r\n test 1; spf=pass\r\n",
    b'Authentication-Results: "mx".example."test"; spf=pass\r\n',
    b"Authentication-Results: (" + b"x" * 100_000 + b") mx.example.test; spf=pass\r\n",
]
OTHERS = [
    b"Authentication-Results: other.example.test; spf=pass\r\n",
    b"Authentication-Results: example.test; spf=pass\r\n",
    b"Authentication-Results: mx.example.test.evil.test; spf=pass\r\n",
    b"Authentication-Results: =?utf-8?q?mx.example.test.evil?=; spf=pass\r\n",
    b"Authentication-Results: mx.exa(mple.test); spf=pass\r\n",
    b"Authentication-Results: spf=pass smtp.mailfrom=mx.example.test\r\n",
    b"ARC-Authentication-Results: i=1; mx.example.test; spf=pass\r\n",
    b"X-Authentication-Results: mx.example.test; spf=pass\r\n",
    b"Authentication-Results:\r\n",
    b"Subject: Authentication-Results: mx.example.test; spf=pass\r\n",
]
BODY = b"\r\nAuthentication-Results: mx.example.test; this is text\r\n"


@pytest.mark.parametrize("field", FORGED)
def test_forged_results_go(field: bytes) -> None:
    around = b"".join(OTHERS)
    assert without_ours(around + field + around + BODY, "mx.example.test") == around + around + BODY
    assert without_ours(field + field + BODY, "MX.example.test") == BODY
    assert without_ours(field[:-2], "mx.example.test") == b""


@pytest.mark.parametrize("field", OTHERS)
def test_what_others_say_stays(field: bytes) -> None:
    message = field + b"From: a@b.test\r\n" + BODY
    assert without_ours(message, "mx.example.test") is message


def test_collected_for_a_seal() -> None:
    message = (
        b"Authentication-Results: mx.example.test;\r\n\tspf=pass (a; b) smtp.mailfrom=a.test;dkim=none;;\r\n"
        b"Authentication-Results: other.test; dmarc=pass\r\n"
        b"Authentication-Results: MX.example.test 1; arc=pass (i=1)\r\n" + BODY
    )
    said = collect(message, "mx.example.test")
    assert said == "mx.example.test; spf=pass (a; b) smtp.mailfrom=a.test; dkim=none; arc=pass (i=1)"
    assert [method.name for method in read(said).methods] == ["spf", "dkim", "arc"]
    assert collect(message, "third.test") == ""


WORDS = st.lists(
    st.sampled_from(
        ["mx.test", "spf", "=", "pass", ";", "(", ")", '"', "\\", " ", "/", "1", ".", "@", "\r\n ", "smtp.x"]
    )
).map("".join)


@given(WORDS)
def test_anything_can_be_read(text: str) -> None:
    found = read(text)
    field = f"Authentication-Results: {text}\r\n".encode()
    if found.authserv_id:
        assert without_ours(field, found.authserv_id) == b""
    assert without_ours(field, "never.test") is field


@given(st.text(max_size=50), st.text(max_size=50))
def test_what_is_written_can_be_read(identity: str, reason: str) -> None:
    written = Findings(
        "mx.test", dkim=(replace(DKIM, result=Dkim.FAIL, identity=identity, reason=reason),)
    ).text
    (method,) = read(written).methods
    assert method.value("header", "d") == "example.test"
    assert (method.name, method.result) == ("dkim", "fail")


@pytest.mark.parametrize("piece", ['"', "(", '\\"', '"\\', "a=", "; ", "a;", "a.b=c ", "(()", " "])
def test_hostile_fields_take_no_longer(piece: str) -> None:
    text: Any = "mx.test; spf=pass " + piece * 100_000
    start = time.process_time()
    read(text)
    without_ours(f"Authentication-Results: {text}\r\n\r\n".encode(), "mx.test")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "claim",
    [
        b"\x0bmx.example.test",
        b"\xc2\xa0mx.example.test",
        b"mx.example.test\x00",
        b"mx.example.test,",
        b"<mx.example.test>",
        b"mx.example.test..",
        b"mx.example.test\xe2\x80\x8b",
        "mx。example.test".encode(),
        b"(" * 2000 + b")" * 2000 + b"mx.example.test",
    ],
)
def test_a_name_that_may_be_taken_for_ours_is_forged(claim: bytes) -> None:
    rest = b"From: a@b.test\r\n\r\nHello"
    assert (
        without_ours(b"Authentication-Results: " + claim + b"; dkim=pass\r\n" + rest, "mx.example.test")
        == rest
    )


def test_our_name_in_unicode_is_forged() -> None:
    forged = "Authentication-Results: MX.Bücher.test; dkim=pass\r\n".encode()
    assert without_ours(forged + b"\r\n", "mx.xn--bcher-kva.test") == b"\r\n"
    others = b"Authentication-Results: mx.bucher.test; dkim=pass\r\n"
    assert without_ours(others, "mx.xn--bcher-kva.test") is others


def test_a_name_hidden_behind_parentheses_takes_no_time() -> None:
    hidden = b"Authentication-Results: " + b"()" * 1_000_000 + b"\r\n"
    many = (b"Authentication-Results: " + b"()" * 400 + b"a.test\r\n") * 3000
    started = time.process_time()
    assert without_ours(hidden + many + b"\r\n", "mx.example.test").count(b"a.test") == 99
    assert time.process_time() - started < 1
