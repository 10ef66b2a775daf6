"""Policies as they are published, with all that they lean on: each term is tested elsewhere, here they meet."""

import pytest

from apps.protocols.mailauth.spf import Spf

from .policies import check
from .zones import ZoneData

# Only hosts that greet by a name of their own, or that are ours, may send (RFC 7208 A.4 is such a policy).
PICKY: ZoneData = {
    "a.test": [{"TXT": "v=spf1 -include:_spfh.%{d2} ip4:192.0.2.0/24 -all"}],
    "_spfh.a.test": [{"TXT": "v=spf1 -a:%{h} +all"}],
    "mx.b.test": [{"A": "192.0.2.1"}],
}


@pytest.mark.parametrize(
    ("helo", "result"),
    [
        ("mx.b.test", Spf.PASS),
        ("OEMCOMPUTER", Spf.FAIL),
        ("JUMPIN' JUPITER", Spf.FAIL),
        ("[192.0.2.1]", Spf.FAIL),
        ("%%%%" * 20, Spf.FAIL),
        ("", Spf.FAIL),
    ],
)
def test_who_greets_by_a_name_of_its_own(helo: str, result: Spf) -> None:
    assert check(PICKY, host="192.0.2.1", helo=helo).result is result


@pytest.mark.parametrize(
    ("helo", "result"), [("mx.b.test", Spf.PASS), ("JUMPIN' JUPITER", Spf.FAIL), ("[192.0.2.1]", Spf.FAIL)]
)
def test_a_greeting_as_a_name(helo: str, result: Spf) -> None:
    zone: ZoneData = {**PICKY, "a.test": [{"TXT": "v=spf1 a:%{H} -all"}]}
    assert check(zone, host="192.0.2.1", helo=helo).result is result


def test_a_provider_that_is_redirected_to() -> None:
    """MX of one family, PTR of the other, and an explanation with every macro, which nobody hears on a pass."""
    zone: ZoneData = {
        "a.test": [
            {"TXT": "v=spf1 mx redirect=_spf.b.test"},
            {"MX": [10, "smtp.a.test"]},
            {"MX": [10, "smtp1.b.test"]},
        ],
        "smtp.a.test": [{"A": "198.51.100.2"}, {"AAAA": "2001:db8:ff0:100::3"}],
        "smtp1.b.test": [{"A": "192.0.2.26"}, {"AAAA": "2001:db8:ff0:200::2"}],
        "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.f.f.0.8.b.d.0.1.0.0.2.ip6.arpa": [{"PTR": "v6.fe.a.test"}],
        "v6.fe.a.test": [{"AAAA": "2001:db8:ff0:100::2"}],
        "_spf.b.test": [{"TXT": "v=spf1 ptr:fe.a.test ptr:sgp.a.test exp=_why.a.test -all"}],
        "_why.a.test": [{"TXT": "Not from this host: http://a.test/Why?s=mfrom&id=%{S}&ip=%{C}&r=%{R}"}],
    }
    assert check(zone, host="2001:db8:ff0:100::2").result is Spf.PASS
    found = check(zone, host="2001:db8:ff0:100::9")
    assert found.result is Spf.FAIL
    assert found.explanation == (
        "Not from this host: http://a.test/Why?s=mfrom&id=bob%40a.test&ip=2001%3Adb8%3Aff0%3A100%3A%3A9"
        "&r=mail.example.test"
    )


def test_which_of_several_names_is_meant() -> None:
    """The domain itself, then one below it, then any (RFC 7208 7.3)."""
    zone: ZoneData = {
        "a.test": [{"TXT": "v=spf1 exists:%{p}.should.test ~exists:%{p}.ok.test -all"}],
        "1.2.0.192.in-addr.arpa": [{"PTR": "mx.b.test"}, {"PTR": "mx.a.test"}, {"PTR": "a.test"}],
        "mx.b.test": [{"A": "192.0.2.1"}],
        "mx.a.test": [{"A": "192.0.2.1"}],
        "mx.a.test.should.test": [{"A": "127.0.0.2"}],
        "a.test.ok.test": [{"A": "127.0.0.2"}],
    }
    assert check(zone, host="192.0.2.1").result is Spf.PASS
    assert (
        check({**zone, "a.test": [*zone["a.test"], {"A": "192.0.2.1"}]}, host="192.0.2.1").result
        is Spf.SOFTFAIL
    )


def test_final_dots_are_nothing_in_names_and_something_in_words() -> None:
    zone: ZoneData = {
        "a.test": [{"TXT": "v=spf1 redirect=%{d}.d.spf.test."}],
        "a.test.d.spf.test": [{"TXT": "v=spf1 include:o.spf.test. -all exp=why.test."}],
        "o.spf.test": [{"TXT": "v=spf1 ip4:192.0.2.1"}],
        "why.test": [{"TXT": "This is why."}],
    }
    assert check(zone, host="192.0.2.1").result is Spf.PASS
    assert check(zone, host="192.0.2.2").explanation == "This is why."


def test_a_name_of_253_characters_is_asked_for() -> None:
    name = ".".join(["some.long.exp.test"] * 13 + ["a.test"])
    assert len("left." + name) > 253 >= len(name)
    zone: ZoneData = {
        "some.long.exp.test": [{"TXT": "v=spf1 -all exp=left.%{o}." + "%{o}." * 12 + "a.test"}],
        name: [{"TXT": "That was tricky."}],
    }
    assert check(zone, sender="bob@some.long.exp.test").explanation == "That was tricky."
