"""Whose mail it is, by what vouches for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dmarc import DmarcResult
from apps.protocols.mailauth.iprev import IprevResult
from apps.protocols.mailauth.results import Findings
from apps.protocols.mailauth.spf import Spf, SpfResult
from apps.spam.reputation.identities import Kind, Origin, network, of_checks, of_prefix
from apps.spam.reputation.lookalikes import is_one_edit, look_of_domain, look_of_name

BOB = [("Bob", "Bob@Mail.Example.com")]


def names(origin: Origin) -> dict[Kind, str]:
    return {one.kind: one.name for one in origin.identities()}


def test_who_is_vouched_for() -> None:
    checks = {
        "dmarc": {"result": "pass", "domain": "mail.example.com"},
        "dkim": [{"result": "pass", "domain": "example.com"}, {"result": "fail", "domain": "other.test"}],
        "spf": {"result": "pass", "domain": "bounces.example.com"},
    }
    origin = of_checks(BOB, checks, "192.0.2.77")
    assert origin.is_proven
    assert names(origin) == {
        Kind.ADDRESS: "bob@mail.example.com",
        Kind.DOMAIN: "mail.example.com",
        Kind.REGISTERED: "example.com",
        Kind.SIGNER: "example.com",
        Kind.SENDER: "bounces.example.com",
        Kind.HOST: "192.0.2.77/32",
        Kind.NETWORK: "192.0.2.64/26",
        Kind.RANGE: "192.0.0.0/21",
    }


def test_who_is_not() -> None:
    origin = of_checks(
        BOB, {"dmarc": {"result": "fail"}, "spf": {"result": "fail", "domain": "example.com"}}, ""
    )
    assert names(origin) == {Kind.CLAIMED: "bob@mail.example.com"}


def test_without_a_policy_what_is_aligned_vouches() -> None:
    assert of_checks(
        BOB, {"dmarc": {"result": "none"}, "spf": {"result": "pass", "domain": "example.com"}}, ""
    ).is_proven
    assert not of_checks(BOB, {"spf": {"result": "pass", "domain": "evil.test"}}, "").is_proven
    assert not of_checks(
        BOB, {"dmarc": {"result": "fail"}, "spf": {"result": "pass", "domain": "example.com"}}, ""
    ).is_proven


def test_what_stands_above_a_filed_message_says_the_same() -> None:
    field = Findings(
        "mail.test",
        spf=SpfResult(Spf.PASS, "bounces.example.com", "mfrom"),
        dkim=(DkimResult(Dkim.PASS, domain="example.com"), DkimResult(Dkim.FAIL, domain="other.test")),
        dmarc=DmarcResult("pass", domain="mail.example.com"),
        iprev=IprevResult("pass", name="host.example.com"),
        address="2001:db8::1",
    ).field
    forged = b"Authentication-Results: evil.test; dmarc=pass header.from=mail.example.com\r\n"
    origin = of_prefix(BOB, b"Return-Path: <x@y.test>\r\n" + forged + field, "mail.test")
    assert origin.is_proven
    assert origin.signers == ("example.com",)
    assert names(origin)[Kind.SENDER] == "bounces.example.com"
    assert names(origin)[Kind.HOST] == "2001:db8::/64"
    assert not of_prefix(BOB, forged, "mail.test").is_proven


@pytest.mark.parametrize("address", ["", "nobody", "127.0.0.1", "::1", "fe80::1%eth0"])
def test_networks_nobody_is_known_by(address: str) -> None:
    assert network(address, Kind.HOST) == ""


@given(st.text(), st.text(max_size=40), st.text(max_size=20))
def test_whatever_stands_there_nothing_breaks(author: str, name: str, address: str) -> None:
    checks = {"spf": {"result": "pass", "domain": author}, "dkim": [{"result": "pass", "domain": name}]}
    for one in of_checks([(name, author)], checks, address).identities():
        assert len(one.name) <= 255


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("example.com", "exarnple.com", True),
        ("example.com", "examp1e.com", True),
        ("example.com", "ехаmple.com", True),  # noqa: RUF001 - which is what it is about.
        ("example.com", "xn--mple-5nd4bzc.com", False),
        ("example.com", "exampel.com", True),
        ("example.com", "exmple.com", True),
        ("example.com", "sample.com", False),
        ("example.com", "example.org", False),
        ("web.de", "weg.de", True),
    ],
)
def test_domains_that_look_alike(one: str, other: str, same: bool) -> None:
    assert is_one_edit(look_of_domain(one), look_of_domain(other)) is same


def test_names_of_people() -> None:
    assert look_of_name("Bob Builder") == look_of_name("Builder, B0b")
    assert look_of_name("Bob") == ""


@given(st.text(max_size=30), st.text(max_size=30))
def test_one_edit_is_mutual(one: str, other: str) -> None:
    assert is_one_edit(one, other) == is_one_edit(other, one)
