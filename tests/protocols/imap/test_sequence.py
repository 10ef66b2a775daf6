"""Sequence sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.protocols.imap.errors import ProtocolError
from apps.protocols.imap.sequence import SequenceSet, encode, normalised, ranges_of


def test_it_works() -> None:
    assert SequenceSet.parse(b"2,4:7,9,12:*").resolve(15) == [(2, 2), (4, 7), (9, 9), (12, 15)]


def test_the_star_stands_for_the_largest_even_below_the_start() -> None:
    assert SequenceSet.parse(b"559:*").resolve(14) == [(14, 559)]
    assert SequenceSet.parse(b"*").resolve(14) == [(14, 14)]
    assert SequenceSet.parse(b"*:4,5:7").resolve(10) == [(4, 10)]


def test_in_an_empty_folder_the_star_stands_for_nothing() -> None:
    assert SequenceSet.parse(b"1:*,5").resolve(0) == [(5, 5)]


@pytest.mark.parametrize(
    "text", [b"", b"0", b"1,", b",1", b"1:", b":1", b"1:2:3", b"a", b"4294967296", b"-1"]
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        SequenceSet.parse(text)


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=20))
def test_a_set_means_the_numbers_it_names(pairs: list[tuple[int, int]]) -> None:
    wanted = sorted({number for a, b in pairs for number in range(min(a, b), max(a, b) + 1)})
    assert normalised(pairs) == ranges_of(wanted)
    read = SequenceSet.parse(encode(pairs))
    assert read.resolve(1) == ranges_of(wanted)
    assert SequenceSet.parse(str(read).encode()) == read
