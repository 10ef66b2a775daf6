"""Whether a domain agreed to get reports about another: nobody is to be flooded by naming them (RFC 7489 7.1)."""

import enum

from apps.protocols.mailauth.lookups import Inquiry

from .organizational import Asker, By, FaultError, organizational_domain
from .record import is_record


class Destination(enum.StrEnum):
    """What came of the question."""

    AGREED = "agreed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """DNS gave no usable answer; ask again another day."""


def check_destination(domain: str, destination: str, *, by: By = By.TREE_WALK) -> Inquiry[Destination]:
    """Ask whether `destination`, the domain of a report's address, takes reports about `domain`."""
    domain, destination = domain.lower(), destination.lower()
    if domain == destination:
        return Destination.AGREED
    asker = Asker()
    try:
        ours = yield from organizational_domain(domain, asker, by)
        if f".{destination}".endswith(f".{ours}"):
            theirs = yield from organizational_domain(destination, asker, by)
            if theirs == ours:
                return Destination.AGREED
        answer = yield from asker.ask(f"{domain}._report._dmarc.{destination}", "TXT")
    except FaultError:
        return Destination.UNKNOWN
    return Destination.AGREED if any(is_record(text) for text in answer.texts) else Destination.REFUSED
