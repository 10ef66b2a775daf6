"""What became of a signature (RFC 6376 3.9), in the words of RFC 8601 2.7.1."""

import enum
from dataclasses import dataclass


class Dkim(enum.StrEnum):
    """How a signature fared; its value is the word in Authentication-Results."""

    NONE = "none"
    PASS = "pass"
    FAIL = "fail"
    POLICY = "policy"
    """Perhaps right, but not taken: a key that is too short, a signature past its end, one too many."""
    NEUTRAL = "neutral"
    """Right as far as it goes, which is not to the end of the message (l=)."""
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DkimResult:
    """One signature and what became of it. Everything but `result` and `reason` is what the signature claims."""

    result: Dkim
    domain: str = ""
    """The domain that signs (d=), as A-labels in lower case."""
    selector: str = ""
    identity: str = ""
    """For whom it signs (i=): an address whose local part may be empty."""
    algorithm: str = ""
    bits: int = 0
    """The size of the key, where we got so far as to look at it."""
    testing: bool = False
    """The domain says that it is only trying (t=y): a failure means nothing."""
    reason: str = ""
    """Why not "pass", for our log and for Authentication-Results."""
    signature: str = ""
    """The first characters of b=, which tell signatures apart (RFC 6008)."""
    is_partial: bool = False
    """Text follows that is not signed: l= says less than there is, and whoever passed it on could add it."""
