"""Uids as parameters of a statement."""

from typing import Any

from apps.store.ranges import Ranges, normalise

NOTHING = (1, 0)


def chosen(uids: Ranges) -> tuple[bool, dict[str, Any]]:
    """Return whether there are many ranges, and the parameters that say which."""
    ranges = normalise(uids) or [NOTHING]
    if len(ranges) == 1:
        return False, {"low": ranges[0][0], "high": ranges[0][1]}
    return True, {"lows": [low for low, _ in ranges], "highs": [high for _, high in ranges]}
