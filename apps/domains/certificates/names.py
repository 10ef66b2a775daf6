"""Which certificate covers which name (RFC 6125 6.4), and which names we need covered."""

from collections.abc import Iterable


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate's name is that name; `*.` stands for one label."""
    name = name.rstrip(".").lower()
    if pattern.startswith("*."):
        return "." in name and name.partition(".")[2] == pattern[2:]
    return name == pattern


def are_covered(names: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether each of these is."""
    patterns = tuple(patterns)
    return all(any(covers(pattern, name) for pattern in patterns) for name in names)
