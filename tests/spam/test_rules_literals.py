"""What an expression cannot match without is in everything it matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spam.rules.literals import clauses_of
from apps.spam.rules.patterns import compile_pattern, loosened
from apps.spam.rules.prefilter import Prefilter


def shown(expression: str) -> list[set[str]]:
    return [{text.decode() for text in clause} for clause in clauses_of(expression)]


@pytest.mark.parametrize(
    ("expression", "clauses"),
    [
        ("verify", [{"verify"}]),
        ("Verify your ACCOUNT", [{"verify your account"}]),
        (r"\bparcels?\b", [{"parcel", "parcels"}]),
        ("(pay|settle).{0,80}customs fee", [{"customs fee"}, {"pay", "settle"}]),
        ("(?:one|two) three", [{"one three", "two three"}]),
        ("abcde+f", [{"abcd"}]),
        ("(abc)+", [{"abc"}]),
        ("(abc)*def", [{"def"}]),
        ("a[bc]d", [{"abd", "acd"}]),
        ("abc|.", []),
        (r"\d{5}", []),
        ("ab", []),
        (r"x\.y\.z", [{"x.y.z"}]),
        ("(?-i:ABC)def", [{"abcdef"}]),
        (r"\pL{3}word", [{"word"}]),
        ("[[:alpha:]]word", [{"word"}]),
        (r"[\]x]word", [{"word"}]),
        ("(unclosed", []),
        (r"\x41bc", []),
        ("\u65e5\u672c", [{"\u65e5\u672c"}]),
    ],
)  # fmt: skip
def test_literals(expression: str, clauses: list[set[str]]) -> None:
    assert shown(expression) == clauses


def test_gaps_are_loosened_where_they_are_gaps() -> None:
    assert loosened(r"a.{0,80}b\C{1,5}c") == r"a\C*b\C*c"
    assert loosened(r"a\.{0,3}[.{0,3}]b") == r"a\.{0,3}[.{0,3}]b"
    assert compile_pattern("one.{0,5}two").find(b"one 12345678 two") is None
    assert compile_pattern("one.{0,5}two").find(b"one 12 two") == (0, 10)


def test_letters_that_fold_in_ways_of_their_own_are_not_asked_for() -> None:
    for pattern, text in (("\u03c3\u03bf\u03c6\u03af\u03b1", "\u03a3\u039f\u03a6\u038a\u0391"), ("STRASSE", "stra\u017f\u017fe"), ("kelvin", "\u212aelvin")):  # fmt: skip
        if compile_pattern(pattern).find(text.encode()) is not None:
            # Texts come in their usual form (NFKC), where only Greek letters are left of these.
            assert Prefilter([pattern]).candidates(text.encode()) == [0] or not pattern.startswith("\u03c3")


PIECES = st.recursive(
    st.sampled_from(
        ["abc", "pay", "x", "d.", r"\bfee\b", "[ab]", "[^x]", r"\w", "zoll", ".{0,4}", "\u00fc", r"\d"]
    ),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from("?*+")).map(lambda two: f"({two[0]}){two[1]}")
        | inner.map(lambda one: f"(?:{one}){{1,2}}")
    ),
    max_leaves=8,
)
WORDS = st.lists(
    st.sampled_from(["ABC", "pay", "x", "d", "fee", " ", "Zoll", "\u00dc", "7", "a", "b"]), max_size=12
)


@given(PIECES, WORDS.map("".join))
def test_the_prefilter_passes_over_nothing_that_matches(expression: str, text: str) -> None:
    if compile_pattern(expression).find(text.encode()) is not None:
        assert Prefilter([expression, "never there"]).candidates(text.encode()) == [0]
