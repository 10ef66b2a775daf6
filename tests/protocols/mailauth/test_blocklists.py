"""Whether an address is listed, and whether the list may be believed."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.blocklists import (
    MOST_LISTS,
    Checked,
    ListError,
    State,
    check_blocklist,
    name_of,
    read_lists,
)
from apps.protocols.mailauth.lookups import Answer, Status

from .answering import Records, answer

ZEN = read_lists(["zen.test=127.0.0.2-11+127.0.0.30"])[0]
SIX = "2001:db8::1"
TEST_SIX = name_of("::ffff:127.0.0.2", "zen.test")
CLEAN_SIX = name_of("::ffff:127.0.0.1", "zen.test")
WELL: Records = {"2.0.0.127.zen.test": ("127.0.0.2", "127.0.0.10"), "1.2.0.192.zen.test": "127.0.0.4"}


def check(records: Records, *addresses: str) -> Checked:
    return answer(check_blocklist(ZEN, addresses), {**WELL, **records})


def test_names() -> None:
    assert name_of("192.0.2.99", "bad.example.com") == "99.2.0.192.bad.example.com"
    # The example of RFC 5782 2.4.
    assert (
        name_of("2001:db8:1:2:3:4:567:89ab", "ugly.example.com")
        == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com"
    )


def test_a_list_that_works() -> None:
    found = check({}, "192.0.2.1", "192.0.2.2")
    assert (found.zone, found.state, found.reason) == ("zen.test", State.WORKS, "")
    listed, clean = found.said
    assert (listed.state, listed.codes) == (State.LISTED, ("127.0.0.4",))
    assert (clean.address, clean.state) == ("192.0.2.2", State.CLEAN)


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ({"2.0.0.127.zen.test": Status.NO_DOMAIN}, "does not list its test address 127.0.0.2"),
        ({"1.0.0.127.zen.test": "127.0.0.2"}, "lists 127.0.0.1, as if it listed everything"),
        ({"2.0.0.127.zen.test": "127.255.255.254"}, "refuses to answer this resolver (127.255.255.254)"),
        ({"1.0.0.127.zen.test": "127.255.255.255"}, "refuses to answer this resolver"),
        ({"2.0.0.127.zen.test": "203.0.113.9"}, "as somebody does who took over its name"),
        ({"2.0.0.127.zen.test": "127.0.1.9"}, "answers 127.0.1.9 of its test address 127.0.0.2"),
        ({"2.0.0.127.zen.test": "nonsense"}, "no address"),
        # Found out in the middle: what it said of others in this turn does not count, either.
        ({"2.2.0.192.zen.test": "127.255.255.252"}, "refuses to answer this resolver"),
        ({"2.2.0.192.zen.test": ("127.0.0.2", "198.51.100.1")}, "took over its name"),
    ],
)
def test_a_broken_list_says_nothing(records: Records, reason: str) -> None:
    found = check(records, "192.0.2.1", "192.0.2.2")
    assert found.state is State.BROKEN
    assert reason in found.reason
    assert found.said == ()


def test_a_fault_of_dns_is_no_word_of_the_list() -> None:
    for name in ("1.0.0.127.zen.test", "2.0.0.127.zen.test"):
        assert check({name: Status.FAULT}, "192.0.2.1").state is State.SILENT
    found = check({"1.2.0.192.zen.test": Status.FAULT}, "192.0.2.1", "192.0.2.2")
    assert [one.state for one in found.said] == [State.UNKNOWN, State.CLEAN]


def test_only_declared_answers_count() -> None:
    (said,) = check({"1.2.0.192.zen.test": ("127.0.0.12", "127.0.1.2")}, "192.0.2.1").said
    assert (said.state, said.codes) == (State.UNDECLARED, ("127.0.0.12", "127.0.1.2"))
    (said,) = check({"1.2.0.192.zen.test": ("127.0.0.12", "127.0.0.30")}, "192.0.2.1").said
    assert said.state is State.LISTED


def test_addresses_of_version_6() -> None:
    # Without its test address, a list holds none of these.
    (said,) = check({}, SIX).said
    assert said.state is State.UNKEPT
    listing = {TEST_SIX: "127.0.0.2", name_of(SIX, "zen.test"): "127.0.0.2"}
    assert [one.state for one in check(listing, SIX, "2001:db8::2").said] == [State.LISTED, State.CLEAN]
    assert check({CLEAN_SIX: "127.0.0.2"}, SIX).state is State.BROKEN
    asked: list[str] = []
    answer(check_blocklist(ZEN, ["192.0.2.1"]), WELL, asked)
    assert not [name for name in asked if name in {TEST_SIX, CLEAN_SIX}]


def test_the_reason_is_asked_for_and_made_harmless() -> None:
    inquiry = check_blocklist(ZEN, ["192.0.2.1"])
    next(inquiry)
    inquiry.send(Answer(Status.NO_DOMAIN))
    inquiry.send(Answer(Status.FOUND, ("127.0.0.2",)))
    lookup = inquiry.send(Answer(Status.FOUND, ("127.0.0.2",)))
    assert lookup.kind == "TXT"
    with pytest.raises(StopIteration) as stop:
        inquiry.send(Answer(Status.FOUND, ("See\x1b[2J\nhttps://zen.test/ " + "x" * 1000,)))
    reason = stop.value.value.said[0].reason
    assert reason.startswith("See [2J https://zen.test/ x")
    assert reason.isprintable()
    assert len(reason) <= 200


def test_settings_are_read() -> None:
    usual, other = read_lists(["Bl.Test.", "zen.test = 127.0.0.2-11+127.0.1.2"])
    assert (usual.zone, [str(first) for first, _ in usual.codes]) == ("bl.test", ["127.0.0.2"])
    assert other.means(ipaddress.IPv4Address("127.0.0.11"))
    assert other.means(ipaddress.IPv4Address("127.0.1.2"))
    assert not other.means(ipaddress.IPv4Address("127.0.0.12"))


@pytest.mark.parametrize(
    "entries",
    [
        ["test"],
        ["-.test"],
        ["a.test", "A.test."],
        ["a.test="],
        ["a.test=127.0.0.1"],
        ["a.test=127.255.255.254"],
        ["a.test=192.0.2.1"],
        ["a.test=127.0.0.11-2"],
        ["a.test=127.0.0.2-256"],
        ["a.test=127.0.0"],
        ["a.test=127.0.0.2+"],
        [("a" * 60 + ".") * 4 + "test"],
        [f"n{n}.test" for n in range(MOST_LISTS + 1)],
    ],
)
def test_settings_that_cannot_be_meant_are_refused(entries: list[str]) -> None:
    with pytest.raises(ListError):
        read_lists(entries)


answers = st.one_of(
    st.sampled_from([Answer(Status.NO_DOMAIN), Answer(Status.FAULT), Answer(Status.FOUND, ("127.0.0.2",))]),
    st.lists(st.one_of(st.ip_addresses(v=4).map(str), st.text(max_size=20)), max_size=4).map(
        lambda texts: Answer(Status.FOUND, tuple(texts))
    ),
)


@given(
    said=st.lists(answers, min_size=1, max_size=12),
    addresses=st.lists(st.ip_addresses().map(str), max_size=4),
)
def test_whatever_dns_says_it_ends_and_lists_nobody_by_accident(
    said: list[Answer], addresses: list[str]
) -> None:
    asked = 0
    inquiry = check_blocklist(ZEN, addresses)
    try:
        next(inquiry)
        while True:
            asked += 1
            inquiry.send(said[asked % len(said)])
    except StopIteration as stop:
        found = stop.value
    assert asked <= 4 + 2 * len(addresses)
    assert (found.state is State.WORKS) or not found.said
    for one in found.said:
        if one.state is State.LISTED:
            assert any(ZEN.means(ipaddress.IPv4Address(code)) for code in one.codes)
