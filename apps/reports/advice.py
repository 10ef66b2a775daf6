"""What a source most likely is, and so what to do about it. A guess from what receivers reported, and said to be one."""

import enum

from .queries import Source


class Kind(enum.StrEnum):
    """What a source is."""

    GOOD = "good"
    """All of it passes."""
    LAME = "lame"
    """It passes by one leg alone: SPF or a signature."""
    FORWARDER = "forwarder"
    """Passes on mail that was ours, and broke what made it believed."""
    SERVICE = "service"
    """Sends under a name of its own that passes, and has our name in From."""
    STRANGER = "stranger"
    """Nothing of it passes."""
    MIXED = "mixed"
    """Some pass and some do not."""


TROUBLE = frozenset({Kind.SERVICE, Kind.STRANGER, Kind.MIXED})


def kind_of(source: Source, domain: str) -> Kind:
    """Guess what a source is, by what most of its messages say."""
    if not source.failed:
        return Kind.GOOD if source.dkim == source.messages else Kind.LAME
    if source.forwarded * 2 >= source.failed or source.broken * 2 >= source.failed:
        return Kind.FORWARDER
    if source.passed * 2 >= source.messages:
        return Kind.MIXED
    return Kind.SERVICE if others(source, domain) else Kind.STRANGER


def others(source: Source, domain: str) -> tuple[str, ...]:
    """Name the domains that passed there and are not this one."""
    return tuple(sorted(name for name in source.names if not f".{name}".endswith(f".{domain}")))[:3]
