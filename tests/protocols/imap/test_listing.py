"""Which folders LIST and LSUB name."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.commands import List, Lsub
from apps.protocols.imap.listing import Entry, Listed, Pattern, list_entries, lsub_entries

FOLDERS = [
    Listed("INBOX", subscribed=True),
    Listed("Sent", "\\Sent", subscribed=True),
    Listed("a/b/c", subscribed=True),
    Listed("a/x"),
]


def listed(command: List) -> dict[str, tuple[str, ...]]:
    return {entry.name: entry.attributes for entry in list_entries(FOLDERS, command)}


def test_it_works() -> None:
    assert listed(List("", ("%",))) == {
        "INBOX": ("\\HasNoChildren",),
        "Sent": ("\\HasNoChildren", "\\Sent"),
        "a": ("\\NonExistent", "\\Noselect", "\\HasChildren"),
    }
    assert list(listed(List("", ("*",)))) == ["INBOX", "Sent", "a", "a/b", "a/b/c", "a/x"]
    assert list(listed(List("a/", ("%",)))) == ["a/b", "a/x"]


def test_inbox_is_found_in_any_case() -> None:
    assert list(listed(List("", ("inbox",)))) == ["INBOX"]
    assert list(listed(List("", ("in%",)))) == ["INBOX"]
    assert list(listed(List("", ("sent",)))) == []


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("inbox/%", ["INBOX/Lists"]),
        ("inbox/*", ["INBOX/Lists", "INBOX/Lists/inbox"]),
        ("InB%/Lists", ["INBOX/Lists"]),
        ("inb*", ["INBOX", "INBOX/Lists", "INBOX/Lists/inbox", "inboxes"]),
        ("%box/%", ["INBOX/Lists"]),
        ("inbox/lists", []),
        ("*lists", []),
        ("*/inbox", ["INBOX/Lists/inbox", "other/inbox"]),
        ("*/INBOX", []),
        ("inboxes", ["inboxes"]),
        ("inbo%", ["INBOX", "inboxes"]),
        ("INBOXES", []),
    ],
)
def test_inbox_is_the_first_whole_level(pattern: str, names: list[str]) -> None:
    there = [Listed(name) for name in ("INBOX", "INBOX/Lists", "INBOX/Lists/inbox", "inboxes", "other/inbox")]
    command = List("", (pattern,))
    found = [entry.name for entry in list_entries(there, command)]
    assert sorted(found) == sorted(names)
    assert [entry.name for entry in list_entries(there, List(pattern[:3], (pattern[3:],)))] == found


def test_a_deleted_folder_is_listed_to_who_asks_for_subscriptions() -> None:
    there = [Listed("INBOX", subscribed=True), Listed("a/b", subscribed=True, exists=False)]
    select = frozenset({"SUBSCRIBED"})
    found = list_entries(there, List("", ("*",), select, extended=True))
    assert found == [
        Entry("INBOX", ("\\HasNoChildren", "\\Subscribed")),
        Entry("a/b", ("\\NonExistent", "\\Noselect", "\\HasNoChildren", "\\Subscribed"), exists=False),
    ]
    assert [entry.name for entry in list_entries(there, List("", ("*",)))] == ["INBOX"]
    assert lsub_entries(there, Lsub("", "a*")) == [Entry("a/b", ())]


def test_what_is_selected_is_named_and_no_more() -> None:
    extended = List("", ("*",), frozenset({"SPECIAL-USE"}), extended=True)
    assert list(listed(extended)) == ["Sent"]
    subscribed = listed(List("", ("*",), frozenset({"SUBSCRIBED"}), extended=True))
    assert subscribed["a/b/c"] == ("\\HasNoChildren", "\\Subscribed")
    assert list(subscribed) == ["INBOX", "Sent", "a/b/c"]


def test_recursive_match_names_those_above() -> None:
    command = List("", ("%",), frozenset({"SUBSCRIBED", "RECURSIVEMATCH"}), extended=True)
    entries = {entry.name: entry.extended for entry in list_entries(FOLDERS, command)}
    assert entries == {"INBOX": b"", "Sent": b"", "a": b'"CHILDINFO" ("SUBSCRIBED")'}


def test_lsub_names_a_level_above_only_for_a_percent_sign() -> None:
    names = [(entry.name, entry.attributes) for entry in lsub_entries(FOLDERS, Lsub("", "%"))]
    assert names == [("INBOX", ()), ("Sent", ()), ("a", ("\\Noselect",))]
    assert [entry.name for entry in lsub_entries(FOLDERS, Lsub("", "*"))] == ["INBOX", "Sent", "a/b/c"]


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_a_pattern_means_what_its_regular_expression_means(pattern: str, name: str) -> None:
    expression = "".join(
        {"*": ".*", "%": "[^/]*"}.get(character, re.escape(character)) for character in pattern
    )
    assert Pattern(pattern).matches(name) == bool(re.fullmatch(expression, name))


def test_mallory_cannot_make_it_slow() -> None:
    start = time.perf_counter()
    assert not Pattern("*a" * 500 + "b").matches("a" * 1000)
    assert time.perf_counter() - start < 0.1
