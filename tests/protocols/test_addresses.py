"""Addresses are read once and mean the same however they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.addresses import Address, AddressError, DomainName

SAME = [
    ("alice@example.test", "alice", "example.test"),
    ("Alice.B+tag@EXAMPLE.Test", "Alice.B+tag", "example.test"),
    ('"alice"@example.test', "alice", "example.test"),
    (r'"\a\lice"@example.test', "alice", "example.test"),
    ('"al ice@home"@example.test', "al ice@home", "example.test"),
    (r'"say \"hi\" \\"@example.test', 'say "hi" \\', "example.test"),
    ("!#$%&'*+-/=?^_`{|}~@example.test", "!#$%&'*+-/=?^_`{|}~", "example.test"),
    ("zoë@straße.example", "zoë", "xn--strae-oqa.example"),
    ("用户@例子.广告", "用户", "xn--fsqu00a.xn--4rr70v"),
    ("bob@[192.0.2.1]", "bob", "[192.0.2.1]"),
    ("bob@[ipv6:2001:DB8:0::1]", "bob", "[IPv6:2001:db8::1]"),
    ("bounce@mail_out.example.test", "bounce", "mail_out.example.test"),
    ("root@localhost", "root", "localhost"),
]
WRONG = [
    "", "alice", "@example.test", "alice@", "alice@@example.test", ".alice@example.test", "alice.@example.test",
    "al..ice@example.test", "al ice@example.test", '"alice@example.test', '"alice"example.test', '""@example.test',
    "alice@example..test", "alice@-example.test", "alice@example-.test", "alice@example.test.", "alice@.",
    "alice@1.2.3.4", "alice@[1.2.3]", "alice@[IPv6:1.2.3.4]", "alice@[IPv6:fe80::1%eth0]", "alice@[tag:x]",
    "alice@[1.2.3.4", "a" * 65 + "@example.test", "alice@" + "a" * 64 + ".test", "alice@" + "a.b" * 90 + ".test",
    "al\rice@example.test", '"al\nice"@example.test', '"al\0ice"@example.test', "al\x85ice@example.test",
    "al\u2028ice@example.test", "al\udcffice@example.test", "alice@exa mple.test", "alice@example.test\r\nRCPT",
    "zoë" * 20 + "@example.test", "alice@\u2260.test", "a@" + "ü" * 300,
]  # fmt: skip


@pytest.mark.parametrize(("text", "local", "domain"), SAME)
def test_it_works(text: str, local: str, domain: str) -> None:
    address = Address.parse(text)
    assert address == Address(local, domain)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        Address.parse(text)


@pytest.mark.parametrize(
    "local", ["alice.", ".alice", "al..ice", "bounce+" + "a" * 60 + "=example.test", "SRS0=" + "b" * 150]
)
def test_addresses_of_others_may_be_odd(local: str) -> None:
    """Those of docomo end with dots, those of lists and forwarders hold another address."""
    address = Address.parse(f"{local}@far.example", forgiving=True)
    assert address == Address(local, "far.example")
    assert Address.parse(str(address), forgiving=True) == address
    with pytest.raises(AddressError):
        Address.parse(f"{local} @far.example", forgiving=True)
    with pytest.raises(AddressError):
        Address.parse(f"{local * 50}@far.example", forgiving=True)


def test_addresses_are_looked_up_in_lower_case() -> None:
    assert Address.parse("ALICE@Example.TEST").key == "alice@example.test"
    assert Address.parse("ZOË@example.test").key == Address.parse("zoe\u0308@example.test").key


def test_only_the_local_part_needs_smtputf8() -> None:
    assert Address.parse("alice@straße.example").is_ascii
    assert not Address.parse("zoë@example.test").is_ascii


def test_a_domain_name_may_end_with_a_dot() -> None:
    assert str(DomainName.parse("Example.TEST.")) == "example.test"
    for wrong in ("", ".", "a b", "[1.2.3.4]", "a" * 254):
        with pytest.raises(AddressError):
            DomainName.parse(wrong)


@given(st.one_of(st.text(), st.from_regex(r'("[^"]*"|[^@]*)@.*', fullmatch=True)))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        address = Address.parse(text)
    except AddressError:
        return
    assert Address.parse(str(address)) == address
    assert "\r" not in str(address)
    assert "\n" not in str(address)
    assert Address.parse(text, forgiving=True) == address
