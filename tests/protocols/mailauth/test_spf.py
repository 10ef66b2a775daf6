"""SPF term by term (RFC 7208 4 to 7), and what strangers write into policies and explanations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status
from apps.protocols.mailauth.spf import Spf, SpfResult, check_spf
from apps.protocols.mailauth.spf.macros import Macro, read, to_name
from apps.protocols.mailauth.spf.record import LONGEST_RECORD, parse
from apps.protocols.mailauth.spf.results import SpfSyntaxError

from .zones import Answers, ZoneData

FOUR, SIX = "192.0.2.3", "2001:db8:1::3"


def check(
    zone: ZoneData, *, sender: str = "bob@a.test", host: str = FOUR, helo: str = "mx.a.test"
) -> SpfResult:
    return Answers(zone).run(check_spf(host, sender=sender, helo=helo, receiver="mail.example.test"))


def word(policy: str, *, host: str = FOUR, zone: ZoneData | None = None) -> str:
    """Return what a policy of a.test comes to."""
    return check({"a.test": [{"TXT": policy}], **(zone or {})}, host=host).result.value


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


NAMES: ZoneData = {
    "3.2.0.192.in-addr.arpa": [
        {"PTR": "forged.a.test"}, {"PTR": "slow.a.test"}, {"PTR": "loop.a.test"}, {"PTR": "MAIL.a.test."},
        {"PTR": "other.test"},
    ],
    "forged.a.test": [{"A": "198.51.100.1"}],
    "slow.a.test": ["TIMEOUT"],
    "loop.a.test": [{"CNAME": "loop.a.test"}],
    "mail.a.test": [{"A": FOUR}],
    "other.test": [{"A": FOUR}],
    "4.2.0.192.in-addr.arpa": ["TIMEOUT"],
    "5.2.0.192.in-addr.arpa": [{"PTR": "forged.a.test"}],
    "6.2.0.192.in-addr.arpa": [{"PTR": f"n{n}.a.test"} for n in range(11)],
    "n10.a.test": [{"A": "192.0.2.6"}],
    "n9.b.test": [{"A": "192.0.2.6"}],
    "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": [{"PTR": "six.a.test"}],
    "six.a.test": [{"AAAA": SIX}],
}  # fmt: skip


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


def explanation(text: str, *, sender: str = "bob@a.test", host: str = FOUR, helo: str = "mx.a.test") -> str:
    zone: ZoneData = {
        "a.test": [{"TXT": "v=spf1 -all exp=why.%{d}"}],
        "why.a.test": [{"TXT": text}],
        "sub.a.test": [{"TXT": "v=spf1 -all exp=why.%{d2}"}],
        **NAMES,
    }
    found = check(zone, sender=sender, host=host, helo=helo)
    assert found.result is Spf.FAIL
    return found.explanation


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%{s} %{l} %{o} %{d} %{h}", "bob@a.test bob a.test a.test mx.a.test"),
        ("%{c} is queried as %{ir}.%{v}.arpa", "192.0.2.3 is queried as 3.2.0.192.in-addr.arpa"),
        ("%{r} %{t} %{p}", "mail.example.test 0 mail.a.test"),
        ("%{d1} %{dr} %{D2} %{d9} %{d000002}", "test test.a a.test a.test a.test"),
        ("100%% of%_it%-x.", "100% of it%20x."),
        ("http://a.test/?s=%{S}", "http://a.test/?s=bob%40a.test"),
        ("%{d" + "9" * 5000 + "}", ""),
        ("%{x}", ""),
        ("%{d", ""),
        ("%", ""),
        ("100%", ""),
        ("%{d0}", ""),
        ("%{d2;}", ""),
        ("tab\there", ""),
        ("grün", ""),
    ],
)
def test_explanations(text: str, said: str) -> None:
    assert explanation(text) == said


def test_explanations_know_the_sender() -> None:
    assert explanation("%{l}", sender="@a.test") == "postmaster"
    assert explanation("%{L}", sender="jack&jill=up-a_b3.c@a.test") == "jack%26jill%3Dup-a_b3.c"
    assert explanation("%{l}", sender="Macro Error@a.test") == "Macro Error"
    assert explanation("%{l}", sender="bjørn@a.test") == ""
    assert explanation("%{L}", sender="bad\udcff@a.test") == ""
    assert explanation("%{l}", sender="bell\x07@a.test") == ""
    assert explanation("%{d} %{o}", sender="bob@sub.a.test") == "sub.a.test sub.a.test"
    assert explanation("%{h}", helo="") == "unknown"
    assert explanation("%{p}", host="192.0.2.5") == "unknown"
    assert explanation("%{c}/%{i}", host="2001:DB8::C") == (
        "2001:db8::c/2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C"
    )
    assert len(explanation("%{l}" * 100, sender="x" * 60 + "@a.test")) == 500


@pytest.mark.parametrize(
    ("spec", "sender", "name"),
    [
        ("%{i}.%{l2r-}.user.%{d2}", "philip-gladstone-test@a.test", "192.0.2.3.gladstone.philip.user.a.test"),
        ("%{l2r+-}.user.%{d2}", "foo-bar+zip+quux@a.test", "bar.foo.user.a.test"),
        ("%{lr-,}.%{o}", "x-y,z@a.test", "z.y.x.a.test"),
        ("m%%p%_%_s%-.test", "bob@a.test", "m%p  s%20.test"),
        ("%{h}", "bob@a.test", "mx.a.test"),
        ("%{D}.test.", "bob@a.test", "a.test.test"),
    ],
)
def test_names_made_by_macros(spec: str, sender: str, name: str) -> None:
    zone: ZoneData = {"a.test": [{"TXT": f"v=spf1 exists:{spec} -all"}], name: [{"A": "127.0.0.2"}]}
    assert check(zone, sender=sender).result is Spf.PASS


@pytest.mark.parametrize("spec", ["%(ir).test", "x%(ir).test", "x%.test", "%{a}.test", "%{r}.test", "%{c}", "%{d2", "%{}.test",
                                  "%{d}test", "%{d}.", "test", "x.test.."])  # fmt: skip
def test_macros_that_are_none(spec: str) -> None:
    assert word(f"v=spf1 exists:{spec} -all") == "permerror"


def test_a_name_too_long_loses_labels_on_the_left() -> None:
    assert to_name("lost." + "x" * 60 + ("." + "y" * 63) * 3 + ".") == "x" * 60 + ("." + "y" * 63) * 3
    assert to_name("x" * 300) == ""


def test_a_local_part_beyond_ascii_names_nothing() -> None:
    """RFC 8616 4: its terms match nothing, and break nothing."""
    zone: ZoneData = {
        "a.test": [{"TXT": "v=spf1 include:%{l}.x.test exists:%{S}.x.test +exists:%{l}.x.test ~all"}]
    }
    answers = Answers(zone)
    found = answers.run(check_spf(FOUR, sender="bjørn@a.test", helo="", receiver=""))
    assert found.result is Spf.SOFTFAIL
    assert len(answers.asked) == 1


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


def test_terms_that_ask_are_ten_at_most() -> None:
    zone: ZoneData = {"x.test": [{"A": "198.51.100.1"}]}
    assert word("v=spf1 " + "a:x.test " * 10 + "+all", zone=zone) == "pass"
    assert word("v=spf1 " + "a:x.test " * 11 + "+all", zone=zone) == "permerror"


def test_empty_answers_are_two_at_most() -> None:
    assert word("v=spf1 a:x.test mx:y.test +all") == "pass"
    assert word("v=spf1 a:x.test mx:y.test exists:z.test +all") == "permerror"
    # The sender's own PTR records make no policy wrong, or whoever has none could turn a fail into an error.
    assert word("v=spf1 a:x.test mx:y.test ptr -all") == "fail"


def test_ten_mail_hosts_are_looked_at() -> None:
    hosts = [{"MX": [n, f"mx{n}.test"]} for n in range(11)]
    zone: ZoneData = {f"mx{n}.test": [{"A": f"192.0.2.{100 + n}"}] for n in range(11)}
    assert word("v=spf1 mx:m.test -all", zone={**zone, "m.test": hosts}, host="192.0.2.109") == "pass"
    assert word("v=spf1 mx:m.test -all", zone={**zone, "m.test": hosts}, host="192.0.2.110") == "permerror"
    assert word("v=spf1 mx:m.test -all", zone={**zone, "m.test": hosts[:10]}, host="192.0.2.110") == "fail"


class Endless:
    """A world where every name includes ten thousand others, or itself."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.asked = 0

    def run[T](self, inquiry: Inquiry[T]) -> T:
        try:
            lookup = next(inquiry)
            while True:
                self.asked += 1
                assert self.asked < 200
                lookup = inquiry.send(self.answer(lookup))
        except StopIteration as stop:
            found: T = stop.value
            return found

    def answer(self, lookup: Lookup) -> Answer:
        match lookup.kind:
            case "TXT":
                return Answer(Status.FOUND, (self.policy,))
            case "MX":
                return Answer(Status.FOUND, tuple(Mx(n, f"mx{n}.test") for n in range(1000)))
            case "PTR":
                return Answer(Status.FOUND, tuple(f"p{n}.a.test" for n in range(1000)))
        return Answer(Status.FOUND, ("198.51.100.1",) * 100)


@pytest.mark.parametrize(
    "policy",
    [
        "v=spf1 " + " ".join(f"include:i{n}.test" for n in range(10_000)) + " -all",
        "v=spf1 " + " ".join(f"include:i{n}.test" for n in range(300)) + " -all",
        "v=spf1 include:a.test",
        "v=spf1 redirect=a.test",
        "v=spf1 " + "mx:x.test " * 12,
        "v=spf1 " + "ptr:a.test " * 12,
        "v=spf1 " + "exists:%{p}.%{p}.test " * 3 + "-exists:%{d}.test",
        "v=spf1 +" + "x" * 60_000,
        "v=spf1 " + "a " * 4000,
    ],
)
def test_what_would_never_end_is_an_error(policy: str) -> None:
    found = Endless(policy).run(check_spf(FOUR, sender="bob@a.test", helo="", receiver=""))
    assert found.result in {Spf.PERMERROR, Spf.PASS}
    assert (found.result is Spf.PASS) is ("exists" in policy)


def test_time_that_is_up_is_never_a_verdict() -> None:
    """A fault in PTR records lets `ptr` fail (RFC 7208 5.5), but being out of time is no reason for -all."""

    def run(answer: Answer) -> Spf:
        inquiry = check_spf(FOUR, sender="bob@a.test", helo="", receiver="")
        next(inquiry)
        try:
            inquiry.send(Answer(Status.FOUND, ("v=spf1 ptr -all",)))
            inquiry.send(answer)
        except StopIteration as stop:
            found: SpfResult = stop.value
            return found.result
        raise AssertionError("asks on")

    assert run(Answer(Status.FAULT)) is Spf.FAIL
    assert run(Answer(Status.FAULT, is_late=True)) is Spf.TEMPERROR


TERMS = st.one_of(
    st.sampled_from(["all", "a", "mx/24//64", "ptr", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "include:b.test",
                     "redirect=c.test", "exp=%{d}.test", "exists:%{l1r-}.%{p}.%{d2}", "x=%%"]),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20),
)  # fmt: skip


@given(st.lists(TERMS, max_size=12), st.lists(st.text(max_size=30), max_size=3), st.sampled_from([FOUR, SIX]))
def test_any_policy_comes_to_a_result(terms: list[str], texts: list[str], host: str) -> None:
    policy = " ".join(["v=spf1", *terms])
    zone: ZoneData = {
        name: [{"TXT": policy}, *({"TXT": text} for text in texts)] for name in ("a.test", "b.test")
    }
    found = check(zone, host=host, sender=f"{texts[0] if texts else 'bob'}@a.test")
    assert found.explanation.isascii()
    assert len(found.explanation) <= 500


@given(st.text(st.characters(max_codepoint=0x7F), max_size=60))
def test_a_macro_string_is_read_or_refused(text: str) -> None:
    try:
        template = read(text, is_explanation=True)
    except SpfSyntaxError:
        return
    if not any(isinstance(part, Macro) for part in template) and "%" not in text:
        assert "".join(map(str, template)) == text


def test_a_policy_has_a_length() -> None:
    assert parse("v=spf1" + " " * (LONGEST_RECORD - 6)).mechanisms == ()
    with pytest.raises(SpfSyntaxError):
        parse("v=spf1" + " " * LONGEST_RECORD)
