"""Ranges are sets of uids."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.store import ranges


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60))))
def test_normalising_keeps_the_set_and_nothing_touches(pairs: list[tuple[int, int]]) -> None:
    joined = ranges.normalise(pairs)
    uids = {uid for low, high in pairs for uid in range(low, high + 1)}
    assert ranges.uids_of(joined) == sorted(uids)
    assert ranges.count(joined) == len(uids)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(joined))
    assert ranges.of_uids(uids) == joined
