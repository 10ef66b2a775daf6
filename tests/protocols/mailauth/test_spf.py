"""SPF term by term (RFC 7208 4 to 6)."""

import pytest

from apps.protocols.mailauth.spf import Spf, SpfResult, check_spf

from .policies import FOUR, NAMES, SIX, check, word
from .zones import Answers, ZoneData


def test_it_works() -> None:
    found = check({"a.test": [{"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}]})
    assert found == SpfResult(Spf.PASS, "a.test", "mfrom", "ip4:192.0.2.0/24", "ip4:192.0.2.0/24 of a.test")


def test_without_a_sender_the_greeting_is_checked() -> None:
    zone: ZoneData = {
        "mx.a.test": [{"TXT": "v=spf1 exists:%{l}.%{o} -all"}],
        "postmaster.mx.a.test": [{"A": FOUR}],
    }
    found = check(zone, sender="")
    assert (found.result, found.scope, found.domain) == (Spf.PASS, "helo", "mx.a.test")


@pytest.mark.parametrize("sender", ["bob@localhost", "bob@[192.0.2.1]", "bob@a..test", "bob", "bob@1.2.3.4",
                                    "bob@" + "x" * 64 + ".test", "bob@a b.test", "bob@" + "x." * 130 + "test",
                                    "bob@ü\u200b..test"])  # fmt: skip
def test_what_is_no_domain_has_no_policy(sender: str) -> None:
    answers = Answers({})
    found = answers.run(check_spf(FOUR, sender=sender, helo="", receiver=""))
    assert found.result is Spf.NONE
    assert answers.asked == []


def test_a_domain_beyond_ascii_is_asked_for_by_its_a_labels() -> None:
    found = check({"xn--bcher-kva.test": [{"TXT": "v=spf1 +all"}]}, sender="bob@bücher.test")
    assert (found.result, found.domain) == (Spf.PASS, "xn--bcher-kva.test")


INCLUDED: ZoneData = {
    "pass.test": [{"TXT": "v=spf1 ip4:192.0.2.3"}],
    "fail.test": [{"TXT": "v=spf1 -all exp=no.test"}],
    "soft.test": [{"TXT": "v=spf1 ~all"}],
    "neutral.test": [{"TXT": "v=spf1 ?all"}],
    "temp.test": ["TIMEOUT"],
    "perm.test": [{"TXT": "v=spf1 all:x"}],
    "none.test": [{"A": "192.0.2.9"}],
}


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        ("v=spf1 include:pass.test -all", "pass"),
        ("v=spf1 -include:pass.test +all", "fail"),
        ("v=spf1 include:fail.test ~all", "softfail"),
        ("v=spf1 include:soft.test +all", "pass"),
        ("v=spf1 include:neutral.test -all", "fail"),
        ("v=spf1 include:temp.test -all", "temperror"),
        ("v=spf1 include:perm.test -all", "permerror"),
        ("v=spf1 include:none.test -all", "permerror"),
        ("v=spf1 include:nowhere.test -all", "permerror"),
        ("v=spf1 include:a..test -all", "permerror"),
        ("v=spf1 include -all", "permerror"),
        ("v=spf1 include: -all", "permerror"),
        ("v=spf1 include:pass.test/24 -all", "permerror"),
        ("v=spf1 redirect=soft.test", "softfail"),
        ("v=spf1 redirect=temp.test", "temperror"),
        ("v=spf1 redirect=nowhere.test", "permerror"),
        ("v=spf1 redirect=a..test", "permerror"),
        ("v=spf1 redirect=pass.test ip4:192.0.2.99", "pass"),
        ("v=spf1 redirect=pass.test ~all", "softfail"),
        ("v=spf1 redirect:pass.test", "permerror"),
        ("v=spf1 ip4:192.0.2.3 -all moo", "permerror"),
        ("v=spf1 moo.cow-far_out=man:dog/cat ip4:192.0.2.3 -all", "pass"),
        ("v=spf1 moo.cow/far_out=man:dog/cat ip4:192.0.2.3 -all", "permerror"),
        ("v=spf1 moo@cow:far_out=man:dog/cat ip4:192.0.2.3 -all", "permerror"),
        ("v=spf1 ip4:198.51.100.1", "neutral"),
        ("v=spf1 foo=%{c}%{t} +all", "pass"),
        ("v=spf1", "neutral"),
        ("v=spf1\tall", "none"),
        ("V=SPF1 +ALL", "pass"),
        ("v=spf1 a:foo-bar -all", "permerror"),
        ("v=spf1 a:mail.example...com -all", "fail"),
        ("v=spf1 a:" + "x" * 64 + ".test -all", "fail"),
        ("v=spf1 a:%{h}." + "%%" * 64 + ".test -all", "fail"),
    ],
)
def test_other_policies_and_syntax(policy: str, result: str) -> None:
    assert word(policy, zone=INCLUDED) == result


@pytest.mark.parametrize(
    ("term", "host", "result"),
    [
        ("ip4:192.0.2.3", FOUR, "pass"),
        ("ip4:192.0.2.2/31", FOUR, "pass"),
        ("ip4:192.0.2.4/31", FOUR, "fail"),
        ("ip4:0.0.0.0/0", FOUR, "pass"),
        ("ip4:0.0.0.0/0", SIX, "fail"),
        ("ip4:192.0.2.3", "::ffff:192.0.2.3", "pass"),
        ("ip4:192.0.2", FOUR, "permerror"),
        ("ip4:192.0.2.03", FOUR, "permerror"),
        ("ip4:192.0.2.3/", FOUR, "permerror"),
        ("ip4:2001:db8::1", FOUR, "permerror"),
        ("ip6", SIX, "permerror"),
        ("ip6:::1/0", FOUR, "fail"),
        ("ip6:::1/0", "::ffff:192.0.2.3", "fail"),
        ("ip6:::1/0", SIX, "pass"),
        ("ip6:2001:db8:1::/33", SIX, "pass"),
        ("ip6:2001:db8:8000::/33", SIX, "fail"),
        ("ip6:::1/129", SIX, "permerror"),
        ("ip6:::1//33", SIX, "permerror"),
        ("ip6:fe80::1%eth0", SIX, "permerror"),
        ("ip6:::ffff:192.0.2.3", FOUR, "fail"),
        ("ip6:Bad:CAFE:1", SIX, "permerror"),
    ],
)
def test_networks(term: str, host: str, result: str) -> None:
    assert word(f"v=spf1 {term} -all", host=host) == result


HOSTS: ZoneData = {
    "mail.test": [{"A": "192.0.2.9"}, {"A": FOUR}, {"AAAA": SIX}],
    "six.test": [{"AAAA": SIX}],
    "near.test": [{"A": "192.0.2.2"}, {"AAAA": "2001:db8:1::2"}],
    "mx.test": [{"MX": [10, "near.test"]}, {"MX": [5, "mail.test"]}],
    "null.test": [{"MX": [0, ""]}],
    "alias.test": [{"CNAME": "mail.test"}],
    "loop.test": [{"CNAME": "loop2.test"}],
    "loop2.test": [{"CNAME": "loop.test"}],
    "slow.test": ["TIMEOUT"],
    "slowmx.test": [{"MX": [5, "slow.test"]}],
}


@pytest.mark.parametrize(
    ("term", "host", "result"),
    [
        ("a:mail.test", FOUR, "pass"),
        ("a:alias.test", FOUR, "pass"),
        ("a:mail.test", SIX, "pass"),
        ("a:near.test", FOUR, "fail"),
        ("a:near.test/31", FOUR, "pass"),
        ("a:near.test//127", FOUR, "fail"),
        ("a:near.test//127", SIX, "pass"),
        ("a:near.test/31//127", SIX, "pass"),
        ("a:near.test/31//127/", SIX, "permerror"),
        ("a:loop.test", FOUR, "temperror"),
        ("a:slow.test", FOUR, "temperror"),
        ("mx:mx.test", FOUR, "pass"),
        ("mx:mx.test", SIX, "pass"),
        ("mx:null.test", FOUR, "fail"),
        ("mx:mail.test", FOUR, "fail"),
        ("mx:slowmx.test", FOUR, "temperror"),
        ("exists", FOUR, "permerror"),
        ("exists:", FOUR, "permerror"),
        ("exists:mail.test/24", FOUR, "permerror"),
        ("exists:near.test", FOUR, "pass"),
        ("exists:near.test", SIX, "pass"),
        ("exists:six.test", SIX, "fail"),
        ("exists:slow.test", FOUR, "temperror"),
        ("exists:%{ir}.%{v}.test", FOUR, "fail"),
    ],
)
def test_hosts(term: str, host: str, result: str) -> None:
    assert word(f"v=spf1 {term} -all", host=host, zone=HOSTS) == result


@pytest.mark.parametrize(
    ("term", "host", "result"),
    [
        ("ptr", FOUR, "pass"),
        ("ptr:a.test", FOUR, "pass"),
        ("ptr:A.Test.", FOUR, "pass"),
        ("ptr:forged.a.test", FOUR, "fail"),
        ("ptr:slow.a.test", FOUR, "fail"),
        ("ptr:loop.a.test", FOUR, "fail"),
        ("ptr:il.a.test", FOUR, "fail"),
        ("ptr", SIX, "pass"),
        ("ptr", "192.0.2.4", "fail"),
        ("ptr", "192.0.2.5", "fail"),
        ("ptr", "192.0.2.6", "fail"),
        ("ptr", "192.0.2.7", "fail"),
        ("ptr/0", FOUR, "permerror"),
        ("ptr:", FOUR, "permerror"),
        ("exists:%{p}.exists.test", FOUR, "pass"),
        ("exists:%{p}.exists.test", "192.0.2.5", "pass"),
    ],
)
def test_names(term: str, host: str, result: str) -> None:
    zone = {**NAMES, "mail.a.test.exists.test": [{"A": FOUR}], "unknown.exists.test": [{"A": FOUR}]}
    assert word(f"v=spf1 {term} -all", host=host, zone=zone) == result


def test_only_the_policy_that_decides_explains() -> None:
    zone: ZoneData = {
        "a.test": [{"TXT": "v=spf1 include:fail.test exp=mine.test redirect=b.test"}],
        "b.test": [{"TXT": "v=spf1 -all exp=theirs.test"}],
        "mine.test": [{"TXT": "mine"}],
        "theirs.test": [{"TXT": "theirs"}],
        "no.test": [{"TXT": "no"}],
        **INCLUDED,
    }
    assert check(zone).explanation == "theirs"


@pytest.mark.parametrize(
    ("zone", "result"),
    [
        ({"a.test": [{"SPF": "v=spf1 -all"}, {"TXT": "v=spf1 -all"}]}, "fail"),
        ({"a.test": [{"SPF": "v=spf1 -all"}, {"TXT": "NONE"}]}, "none"),
        ({"a.test": [{"TXT": "v=spf1 -all"}, {"SPF": "TIMEOUT"}]}, "fail"),
        ({"a.test": [{"SPF": "v=spf1 -all"}, {"TXT": "TIMEOUT"}]}, "temperror"),
        ({"a.test": ["TIMEOUT"]}, "temperror"),
        ({"a.test": [{"TXT": "v=spf1 -all"}, {"TXT": "v=spf1 +all"}]}, "permerror"),
        ({"a.test": [{"TXT": "v=spf10 -all"}, {"TXT": "V=spf1 +all"}]}, "pass"),
        ({"a.test": [{"TXT": ["v=spf1 +", "all"]}]}, "pass"),
        ({}, "none"),
    ],
)
def test_which_record_counts(zone: ZoneData, result: str) -> None:
    assert check(zone).result.value == result
