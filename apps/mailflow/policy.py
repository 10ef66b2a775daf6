"""Facts → Refuse, or nothing: a tuple of judges, each asked in turn; never ask the network here."""

from collections.abc import Callable

from apps.protocols.smtp import replies

from .examine import Facts
from .verdicts import Defer, Refuse

MAX_HOPS = 100

type Judge = Callable[[Facts], Refuse | Defer | None]


def too_many_hops(facts: Facts) -> Refuse | None:
    """A message that passed 100 servers goes round in circles (RFC 5321 6.3)."""
    if facts.scanned.hops <= MAX_HOPS:
        return None
    return Refuse(replies.TOO_MANY_HOPS, f"{facts.scanned.hops} Received headers")


JUDGES: tuple[Judge, ...] = (too_many_hops,)


def judge(facts: Facts) -> Refuse | Defer | None:
    """Return the first objection; None when nobody has one."""
    for each in JUDGES:
        if (objection := each(facts)) is not None:
            return objection
    return None
