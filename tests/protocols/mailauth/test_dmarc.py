"""DMARC: the record, whose domain it is, what is aligned, and never a verdict out of a fault."""

import enum
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.addresses import Address
from apps.protocols.mailauth.dmarc import (
    By,
    Destination,
    DmarcResult,
    Policy,
    Record,
    ReportUri,
    check_destination,
    check_dmarc,
    read_record,
)
from apps.protocols.mailauth.dmarc.organizational import by_suffix_list, steps
from apps.protocols.mailauth.lookups import Answer, Inquiry, Status
from tests.shared_data import shared


class Spf(enum.Enum):
    PASS = "pass"
    NONE = "none"
    TEMPERROR = "temperror"


@dataclass(frozen=True)
class Said:
    result: object
    domain: str = ""


NO_SPF = Said(Spf.NONE)
FAULT = Answer(Status.FAULT, reason="SERVFAIL")


def answered[T](inquiry: Inquiry[T], zone: dict[str, str | list[str] | Answer]) -> tuple[T, list[str]]:
    """Answer from a zone of TXT records by name; say what was asked."""
    asked: list[str] = []
    try:
        lookup = next(inquiry)
        while True:
            asked.append(f"{lookup.name} {lookup.kind}")
            found = zone.get(lookup.name)
            if isinstance(found, str):
                found = [found]
            if found is None:
                found = Answer(Status.NO_DOMAIN)
            elif isinstance(found, list):
                found = Answer(Status.FOUND, tuple(found))
            lookup = inquiry.send(found)
    except StopIteration as stop:
        return stop.value, asked


def check(
    zone: dict[str, str | list[str] | Answer],
    domain: str = "example.com",
    spf: Said = NO_SPF,
    *dkim: Said,
    by: By = By.TREE_WALK,
) -> DmarcResult:
    return answered(check_dmarc((domain,), spf, dkim, by=by), zone)[0]


def passed(domain: str) -> Said:
    return Said(Spf.PASS, domain)


REJECT: dict[str, str | list[str] | Answer] = {"_dmarc.example.com": "v=DMARC1; p=reject"}


def test_it_works() -> None:
    found = check(REJECT, "example.com", NO_SPF, Said("pass", "mail.example.com"))
    assert (found.result, found.aligned, found.organizational) == ("pass", ("dkim",), "example.com")
    assert (found.policy, found.policy_said_by) == (Policy.REJECT, "p")
    assert check(REJECT, "example.com", passed("bounce.example.com")).aligned == ("spf",)


def test_nothing_aligned_fails_with_the_policy() -> None:
    found = check(REJECT, "example.com", passed("stranger.test"), Said("fail", "example.com"))
    assert (found.result, found.policy, found.aligned) == ("fail", Policy.REJECT, ())


@pytest.mark.parametrize("by", list(By))
def test_a_subdomain_has_its_organizations_policy(by: By) -> None:
    zone: dict[str, str | list[str] | Answer] = {"_dmarc.example.com": "v=DMARC1; p=reject; sp=quarantine"}
    found = check(zone, "news.example.com", NO_SPF, by=by)
    assert (found.result, found.policy, found.policy_said_by) == ("fail", Policy.QUARANTINE, "sp")
    assert (found.policy_domain, found.organizational) == ("example.com", "example.com")


def test_a_name_that_does_not_exist_has_a_policy_of_its_own() -> None:
    zone: dict[str, str | list[str] | Answer] = {
        "_dmarc.example.com": "v=DMARC1; p=none; np=reject",
        "there.example.com": Answer(Status.NO_DATA),
    }
    assert check(zone, "gone.example.com").policy_said_by == "np"
    assert check(zone, "gone.example.com").policy is Policy.REJECT
    assert check(zone, "there.example.com").policy is Policy.NONE


def test_strict_alignment_wants_the_very_name() -> None:
    zone: dict[str, str | list[str] | Answer] = {"_dmarc.example.com": "v=DMARC1; p=reject; adkim=s; aspf=s"}
    spf = passed("mail.example.com")
    assert check(zone, "example.com", spf, Said("pass", "mail.example.com")).result == "fail"
    assert check(zone, "example.com", spf, Said("pass", "example.com")).aligned == ("dkim",)


def test_test_mode_asks_for_one_step_less() -> None:
    zone: dict[str, str | list[str] | Answer] = {"_dmarc.example.com": "v=DMARC1; p=reject; t=y; pct=0"}
    found = check(zone)
    assert (found.policy, found.published) == (Policy.QUARANTINE, Policy.REJECT)


@pytest.mark.parametrize("by", list(By))
def test_a_public_suffix_speaks_for_those_below_it(by: By) -> None:
    """As a registry may (RFC 9091); names under it do not belong to each other."""
    zone: dict[str, str | list[str] | Answer] = {"_dmarc.com": "v=DMARC1; p=reject; psd=y; np=none"}
    found = check(zone, "shop.example.com", passed("other.com"), by=by)
    assert (found.result, found.organizational, found.policy_domain) == ("fail", "example.com", "com")
    assert check(zone, "shop.example.com", passed("example.com"), by=by).result == "pass"


def test_psd_n_ends_the_walk() -> None:
    zone: dict[str, str | list[str] | Answer] = {
        "_dmarc.a.example.com": "v=DMARC1; p=reject; psd=n",
        "_dmarc.example.com": "v=DMARC1; p=none",
    }
    found, asked = answered(check_dmarc(("b.a.example.com",), passed("example.com"), ()), zone)
    assert (found.result, found.organizational, found.policy) == ("fail", "a.example.com", Policy.REJECT)
    assert asked == ["_dmarc.b.a.example.com TXT", "_dmarc.a.example.com TXT"]


def test_the_walk_asks_eight_times_at_most() -> None:
    name = ".".join("abcdefghijklmnop") + ".example.com"
    names = list(steps(name))
    assert len(names) == 8
    assert names[:2] == [name, "l.m.n.o.p.example.com"]
    assert names[-1] == "com"
    assert list(steps("example.com")) == ["example.com", "com"]


def test_no_record_is_no_verdict() -> None:
    assert check({}).result == "none"
    assert check({"_dmarc.example.com": "v=spf1 -all"}).result == "none"


def test_records_that_do_not_count() -> None:
    two = {"_dmarc.example.com": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}
    found = answered(check_dmarc(("example.com",), NO_SPF, ()), {**two})[0]
    assert (found.result, found.record) == ("permerror", None)
    assert "2 DMARC records" in found.reason
    assert check({"_dmarc.example.com": "v=DMARC1; p=destroy"}).result == "permerror"


@pytest.mark.parametrize("name", ["_dmarc.example.com", "_dmarc.com"])
def test_a_fault_is_never_a_failure(name: str) -> None:
    zone = {**REJECT, name: FAULT}
    assert check(zone).result == "temperror"
    assert (
        check({**REJECT, "_dmarc.mail.example.com": FAULT}, spf=passed("mail.example.com")).result
        == "temperror"
    )


def test_what_passed_under_the_very_name_needs_nobody_above() -> None:
    assert check({**REJECT, "_dmarc.com": FAULT}, "example.com", passed("example.com")).result == "pass"


def test_a_fault_of_spf_or_dkim_is_one_of_dmarc() -> None:
    found = check(REJECT, "example.com", Said(Spf.TEMPERROR, "mail.example.com"))
    assert (found.result, found.policy) == ("temperror", Policy.REJECT)
    assert check(REJECT, "example.com", NO_SPF, Said("temperror", "example.com")).result == "temperror"
    assert check(REJECT, "example.com", Said(Spf.TEMPERROR), Said("pass", "example.com")).result == "pass"


def test_a_strangers_fault_is_no_doubt() -> None:
    """Or whoever has broken name servers would get round every policy."""
    faults = [Said("temperror", "stranger.test"), Said("temperror", "notexample.com")]
    found = check(REJECT, "example.com", Said(Spf.TEMPERROR, "stranger.test"), *faults)
    assert (found.result, found.policy) == ("fail", Policy.REJECT)
    assert check(REJECT, "example.com", Said(Spf.TEMPERROR)).result == "fail"
    strict = {"_dmarc.example.com": "v=DMARC1; p=reject; adkim=s"}
    assert check({**strict}, "example.com", NO_SPF, Said("temperror", "mail.example.com")).result == "fail"


def test_a_crowd_of_authors_hides_nobody() -> None:
    crowd = ("example.com", *(f"{i}.test" for i in range(9)))
    found = answered(check_dmarc(crowd, NO_SPF, ()), REJECT)[0]
    assert (found.result, found.domain, found.policy) == ("fail", "example.com", Policy.REJECT)


def test_an_author_without_a_policy_is_not_proven_by_another() -> None:
    found = answered(check_dmarc(("bank.test", "example.com"), passed("example.com"), ()), REJECT)[0]
    assert (found.result, found.domain) == ("none", "bank.test")


def test_every_author_must_pass() -> None:
    zone: dict[str, str | list[str] | Answer] = {**REJECT, "_dmarc.other.test": "v=DMARC1; p=quarantine"}
    authors = ("example.com", "other.test")
    found = answered(check_dmarc(authors, passed("example.com"), ()), zone)[0]
    assert (found.result, found.domain, found.policy) == ("fail", "other.test", Policy.QUARANTINE)
    both = answered(check_dmarc(authors, passed("example.com"), [Said("pass", "other.test")]), zone)[0]
    assert both.result == "pass"
    neither = answered(check_dmarc(authors, NO_SPF, ()), zone)[0]
    assert neither.policy is Policy.REJECT
    assert answered(check_dmarc((), NO_SPF, ()), zone)[0].result == "none"
    assert (
        answered(check_dmarc(tuple(f"{i}.test" for i in range(9)), NO_SPF, ()), zone)[0].result == "permerror"
    )


def test_a_hundred_signatures_do_not_ask_without_end() -> None:
    names = [".".join([f"s{i}", *"abcdefghi", "example.com"]) for i in range(100)]
    found, asked = answered(check_dmarc(("example.com",), NO_SPF, [Said("pass", n) for n in names]), REJECT)
    assert found.result == "pass"
    slow = {f"_dmarc.{name}": "v=DMARC1; p=none; psd=n" for name in names}
    found, asked = answered(
        check_dmarc(("example.com",), NO_SPF, [Said("pass", n) for n in names]), {**REJECT, **slow}
    )
    assert found.result == "fail"
    assert len(asked) < 30


def test_reading_a_record() -> None:
    record = read_record(
        "v = DMARC1 ;P=Reject; sp = none;np=quarantine; adkim=s; aspf=R; pct=20; t=y; psd=n; unknown=1; fo=1:d;"
        "rua=mailto:a@b.test!10m, mailto:c%21d@e.test , https://x.test/, mailto:broken; ruf=mailto:f@b.test"
    )
    assert record == Record(
        Policy.REJECT,
        Policy.NONE,
        Policy.QUARANTINE,
        strict_dkim=True,
        testing=True,
        psd="n",
        rua=(ReportUri(Address("a", "b.test"), 10 << 20), ReportUri(Address("c!d", "e.test"))),
        ruf=(ReportUri(Address("f", "b.test")),),
        fo="1:d",
        pct=20,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=dmarc1; p=none",
        "p=none; v=DMARC1",
        "v=DMARC12; p=none",
        "v=DMARC1",
        "v=DMARC1; p=x",
        "v=DMARC1; p=none; sp=x",
    ],
)
def test_what_is_no_record(text: str) -> None:
    assert read_record(text) is None


def test_a_wrong_policy_with_a_report_address_means_none() -> None:
    record = read_record("v=DMARC1; p=reject; sp=x; rua=mailto:a@b.test")
    assert record is not None
    assert (record.policy, record.subdomain) == (Policy.NONE, None)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_record(text)
    read_record(f"v=DMARC1; p=none; rua={text}")


def test_external_destinations_must_agree() -> None:
    def ask(zone: dict[str, str | list[str] | Answer], destination: str = "reports.test") -> Destination:
        return answered(check_destination("example.com", destination), zone)[0]

    assert ask({}, "example.com") is Destination.AGREED
    assert ask(REJECT, "mail.example.com") is Destination.AGREED
    assert ask({}) is Destination.REFUSED
    assert ask({"example.com._report._dmarc.reports.test": "v=DMARC1"}) is Destination.AGREED
    assert ask({"example.com._report._dmarc.reports.test": "no"}) is Destination.REFUSED
    assert ask({"example.com._report._dmarc.reports.test": FAULT}) is Destination.UNKNOWN


def test_the_public_suffix_lists_vectors() -> None:
    played = 0
    for name, expected in re.findall(
        r"^checkPublicSuffix\('(.+)', (null|'.*')\);", shared("dmarc/test_psl.txt").read_text(), re.MULTILINE
    ):
        if name.startswith("."):
            continue
        want = None if expected == "null" else expected.strip("'")
        found = by_suffix_list(name.lower())
        assert (None if found == name.lower() and want is None else found) == want, name
        played += 1
    assert played > 70
