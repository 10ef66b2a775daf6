"""The macro language of SPF, in names and in explanations (RFC 7208 7)."""

import pytest

from apps.protocols.mailauth.spf import Spf, check_spf
from apps.protocols.mailauth.spf.macros import to_name

from .policies import FOUR, NAMES, check, word
from .zones import Answers, ZoneData


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
