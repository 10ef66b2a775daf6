"""Lists that mail is judged by: which are believed, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.mailauth.blocklists import BrokenError, ListError, SilentError
from apps.protocols.mailauth.lookups import Status
from apps.protocols.mailauth.sender_lists import Kind, ask_list, probe_list, read_sender_lists

from .answering import Records, answer

HOSTS, NAMES, YOUNG = read_sender_lists(
    ["bl.test", "domain:dbl.test=127.0.1.2-99@3.5", "young:fresh.test=127.0.0.2@0.5"]
)
WELL: Records = {
    "2.0.0.127.bl.test": "127.0.0.2",
    "test.dbl.test": "127.0.1.2",
    "2.0.0.127.fresh.test": "127.0.0.2",
    "7.2.0.192.bl.test": "127.0.0.2",
    "evil.example.dbl.test": "127.0.1.5",
}


def test_how_they_are_written() -> None:
    assert [(one.kind, one.zone, one.weight) for one in (HOSTS, NAMES, YOUNG)] == [
        (Kind.HOST, "bl.test", 2.0),
        (Kind.DOMAIN, "dbl.test", 3.5),
        (Kind.YOUNG, "fresh.test", 0.5),
    ]


@pytest.mark.parametrize(
    "entry", ["wrong:bl.test", "bl.test@0", "bl.test@7", "bl.test@nan", "bl.test@x", "bl.test=1.2.3.4", "bl"]
)
def test_what_makes_no_sense(entry: str) -> None:
    with pytest.raises(ListError):
        read_sender_lists([entry])


def test_those_that_work() -> None:
    for one in (HOSTS, NAMES, YOUNG):
        assert answer(probe_list(one), WELL) == ""


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ({"test.dbl.test": Status.NO_DOMAIN}, "does not list"),
        ({"test.dbl.test": "127.0.0.9"}, "does not list"),
        ({"invalid.dbl.test": "127.0.1.2"}, "lists invalid, as if it listed everything"),
        ({"1.0.0.127.dbl.test": "127.0.1.2"}, "lists 1.0.0.127"),
        ({"test.dbl.test": "127.255.255.254"}, "refuses to answer"),
        ({"invalid.dbl.test": "203.0.113.1"}, "took over its name"),
        ({"invalid.dbl.test": Status.FAULT}, "no usable answer"),
    ],
)
def test_those_that_do_not(records: Records, reason: str) -> None:
    assert reason in answer(probe_list(NAMES), {**WELL, **records})


def test_what_they_say() -> None:
    [hit] = answer(
        ask_list(HOSTS, ["192.0.2.7", "192.0.2.8", "nonsense", "10.0.0.1", "::ffff:127.0.0.1"]), WELL
    )
    assert (hit.zone, hit.about, hit.codes, hit.weight) == ("bl.test", "192.0.2.7", ("127.0.0.2",), 2.0)
    [hit] = answer(ask_list(NAMES, ["Evil.example", "good.example", "local", "bücher.example"]), WELL)
    assert (hit.kind, hit.about) == (Kind.DOMAIN, "Evil.example")


def test_only_what_was_declared_counts() -> None:
    assert answer(ask_list(NAMES, ["evil.example"]), {"evil.example.dbl.test": "127.0.0.2"}) == ()
    with pytest.raises(BrokenError):
        answer(ask_list(NAMES, ["evil.example"]), {"evil.example.dbl.test": "127.255.255.252"})
    with pytest.raises(SilentError):
        answer(ask_list(NAMES, ["evil.example"]), {"evil.example.dbl.test": Status.FAULT})


@given(st.text(max_size=300))
def test_whatever_is_asked_nothing_breaks(about: str) -> None:
    for one in (HOSTS, NAMES):
        assert answer(ask_list(one, [about]), {}) == ()
