"""BIMI: whose mail may have a picture at all, whose record counts, and which addresses are handed out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.bimi import BimiResult, RecordError, check_bimi, read_assertion
from apps.protocols.mailauth.dmarc import DmarcResult, Policy, Record
from apps.protocols.mailauth.lookups import Answer, Status

from .answering import Records, answer

REJECT = Record(Policy.REJECT)
PASSED = DmarcResult(
    "pass",
    "news.example.com",
    "example.com",
    Policy.REJECT,
    aligned=("dkim",),
    record=REJECT,
    published=Policy.REJECT,
    policy_domain="example.com",
)
URL = "https://example.com/logo.svg"
GOOD = f"v=BIMI1; l={URL}; a=https://example.com/vmc.pem"
OWN, TOP = "default._bimi.news.example.com", "default._bimi.example.com"


def check(
    records: Records, dmarc: DmarcResult = PASSED, selector: str = "default"
) -> tuple[BimiResult, list[str]]:
    asked: list[str] = []
    return answer(check_bimi("News.Example.com", dmarc, selector), records, asked), asked


def test_it_works() -> None:
    found, asked = check({OWN: GOOD})
    assert found == BimiResult(
        "pass", "news.example.com", "default", URL, "https://example.com/vmc.pem", "brand"
    )
    assert asked == [OWN]


def test_the_organization_speaks_for_a_domain_without_a_record() -> None:
    found, asked = check({TOP: GOOD})
    assert (found.result, found.domain) == ("pass", "example.com")
    assert asked == [OWN, TOP]
    # What is no record of this version does not count.
    assert check({OWN: ("v=spf1 -all", "v=BIMI2; l="), TOP: GOOD})[0].domain == "example.com"
    assert check({})[0] == BimiResult("none", selector="default")
    assert check({"brand._bimi.example.com": GOOD}, selector="Brand")[0].selector == "brand"


def test_a_domain_may_decline_what_its_organization_has() -> None:
    found, asked = check({OWN: "v=BIMI1; l=; a=;", TOP: GOOD})
    assert (found.result, found.location, asked) == ("declined", "", [OWN])
    assert check({OWN: "v=BIMI1; l="})[0].result == "declined"


@pytest.mark.parametrize(
    "dmarc",
    [
        replace(PASSED, result="fail"),
        replace(PASSED, result="temperror"),
        replace(PASSED, result="none", record=None),
        replace(PASSED, domain="example.com"),
        replace(PASSED, organizational="example.net"),
        replace(PASSED, policy=Policy.NONE),
        replace(PASSED, published=Policy.NONE),
        replace(PASSED, record=Record(Policy.NONE, subdomain=Policy.REJECT)),
        replace(PASSED, record=Record(Policy.REJECT, subdomain=Policy.NONE)),
        replace(PASSED, record=Record(Policy.QUARANTINE, pct=99)),
        replace(PASSED, record=Record(Policy.REJECT, testing=True)),
    ],
)
def test_without_an_enforced_pass_nothing_is_asked(dmarc: DmarcResult) -> None:
    found, asked = check({OWN: GOOD, TOP: GOOD}, dmarc)
    assert (found.result, found.location, asked) == ("skipped", "", [])
    assert found.reason


def test_quarantine_of_all_mail_is_enough() -> None:
    dmarc = replace(
        PASSED, policy=Policy.QUARANTINE, published=Policy.QUARANTINE, record=Record(Policy.QUARANTINE)
    )
    assert check({OWN: GOOD}, dmarc)[0].result == "pass"


def test_names_that_dns_cannot_have() -> None:
    for selector in ("", "a b", "a..b", "x" * 64):
        assert check({}, selector=selector) == (
            BimiResult("skipped", reason="no name that DNS can have"),
            [],
        )
    _, asked = check({}, selector=".".join(["a" * 60] * 4)[:240])
    assert asked == []


def test_faults_and_several_records() -> None:
    found, asked = check({OWN: Status.FAULT, TOP: GOOD})
    assert (found.result, asked) == ("temperror", [OWN])
    assert check({OWN: (GOOD, GOOD), TOP: GOOD})[0].result == "fail"


def test_records() -> None:
    assert read_assertion(f" v = BIMI1 ;l= {URL} ;avp=personal;x=y").avatar == "personal"
    assert read_assertion(f"v=BIMI1;avp=Personal;l={URL}z").avatar == "brand"
    assert read_assertion("v=BIMI1;l=https://example.com:443/a.SVG?b=c").authority == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=bimi1; l=",
        "l=; v=BIMI1",
        "v=BIMI1",
        "v=BIMI1; L=https://example.com/a.svg",
        "v=BIMI1; l=; l=https://example.com/a.svg",
        "v=BIMI1; l=; a=https://example.com/vmc.pem",
        "v=BIMI1; l=http://example.com/a.svg",
        "v=BIMI1; l=https://example.com/a.png",
        "v=BIMI1; l=https://example.com/a.png?x=.svg",
        "v=BIMI1; l=https://example.com/a.svg,https://example.com/b.svg",
        "v=BIMI1; l=https://example.com/a b.svg",
        'v=BIMI1; l=https://example.com/a".svg',
        "v=BIMI1; l=https://alice@example.com/a.svg",
        "v=BIMI1; l=https://example.com:8443/a.svg",
        "v=BIMI1; l=https://example.com:x/a.svg",
        "v=BIMI1; l=https://localhost/a.svg",
        "v=BIMI1; l=https://127.0.0.1/a.svg",
        "v=BIMI1; l=https://[::1]/a.svg",
        "v=BIMI1; l=https:///a.svg",
        "v=BIMI1; l=//example.com/a.svg",
        "v=BIMI1; l=data:image/svg+xml,a.svg",
        "v=BIMI1; l=javascript:alert(1)//a.svg",
        "v=BIMI1; l=https://ex\u00e4mple.com/a.svg",
        f"v=BIMI1; l={URL}; a=http://example.com/vmc.pem",
        f"v=BIMI1; l=https://example.com/{'a' * 1024}.svg",
        f"v=BIMI1; l={URL}; x={'y' * 4096}",
    ],
)
def test_records_that_are_none(text: str) -> None:
    with pytest.raises(RecordError):
        read_assertion(text)


@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.text(max_size=40).map(lambda text: f"v=BIMI1;l=https://{text}.svg"),
            st.just(GOOD),
        ),
        max_size=3,
    )
)
def test_what_is_handed_out_is_https_and_nothing_else(texts: list[str]) -> None:
    inquiry, asked = check_bimi("news.example.com", PASSED), 0
    try:
        next(inquiry)
        while True:
            asked += 1
            inquiry.send(Answer(Status.FOUND, tuple(texts)))
    except StopIteration as stop:
        found = stop.value
    assert asked <= 2
    assert bool(found.location) is (found.result == "pass")
    if found.location:
        assert found.location.startswith("https://")
        assert found.location.isascii()
        assert not set(found.location) & set(" \"<>\\'\r\n,@") - {"'", "@"}
