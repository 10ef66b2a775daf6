"""What became of a chain of seals (RFC 8617 4.4, 5.2)."""

import enum
from dataclasses import dataclass


class Arc(enum.StrEnum):
    """How the chain fared; its value is the word in Authentication-Results."""

    NONE = "none"
    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"


@dataclass(frozen=True, slots=True)
class ArcSet:
    """One link: who sealed, and what it had found when the message came to it."""

    instance: int
    domain: str
    """The domain of its seal (d=), as A-labels in lower case; no other is to be trusted for the results."""
    selector: str
    results: str
    """What ARC-Authentication-Results says after its instance: an authserv-id and results, unfolded."""


@dataclass(frozen=True, slots=True)
class ArcResult:
    """The chain as a whole. The sets are in order, and theirs are claims unless the result is `pass`."""

    result: Arc
    reason: str = ""
    sets: tuple[ArcSet, ...] = ()
    oldest_pass: int = 0
    """From this instance on the message is unchanged (RFC 8617 5.2); 0 means that it never was changed."""
    highest: int = 0
    """The highest instance there is; one of ours comes after it (RFC 8617 5.1.1)."""
    is_ended: bool = False
    """The last seal says that the chain is broken, so nobody adds to it any more (RFC 8617 5.1.2)."""
