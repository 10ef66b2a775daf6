"""What SPF may cost, whatever strangers write into policies and explanations (RFC 7208 4.6.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status
from apps.protocols.mailauth.spf import Spf, SpfResult, check_spf
from apps.protocols.mailauth.spf.macros import Macro, read
from apps.protocols.mailauth.spf.record import LONGEST_RECORD, parse
from apps.protocols.mailauth.spf.results import SpfSyntaxError

from .policies import FOUR, SIX, check, word
from .zones import ZoneData


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
