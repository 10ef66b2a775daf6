"""Facts → Refuse, or nothing: a tuple of judges, each asked in turn; never ask the network here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.protocols.mime.headers import FIELDS_LIMIT
from apps.protocols.smtp import replies
from apps.spam.judged import of_mailbox
from apps.spam.thresholds import Action

from .disposal import Disposal, Fate
from .examine import Facts
from .verdicts import Defer, Refuse

MAX_HOPS = 100

type Judge = Callable[[Facts, Disposal], Refuse | Defer | None]


def too_many_hops(facts: Facts, disposal: Disposal) -> Refuse | None:
    """A message that passed 100 servers goes round in circles (RFC 5321 6.3)."""
    if facts.scanned.hops <= MAX_HOPS:
        return None
    return Refuse(replies.TOO_MANY_HOPS, f"{facts.scanned.hops} Received headers")


def header_too_long(facts: Facts, disposal: Disposal) -> Refuse | None:
    """An author that stands further down than we read was not checked, and yet is shown by programs that read on."""
    if facts.scanned.header_end <= FIELDS_LIMIT:
        return None
    return Refuse(replies.HEADER_TOO_LONG, f"a header of {facts.scanned.header_end} bytes")


def dmarc(facts: Facts, disposal: Disposal) -> Refuse | Defer | None:
    """What its author's domain asks to be refused is refused, if nobody who gets it says otherwise (RFC 7489 6.6)."""
    if disposal.fate is Fate.REFUSE:
        return Refuse(replies.DMARC_REJECTED, disposal.reason)
    if disposal.fate is Fate.DEFER:
        return Defer(replies.DMARC_UNKNOWN, disposal.reason)
    return None


JUDGES: tuple[Judge, ...] = (too_many_hops, header_too_long, dmarc)


def judge(facts: Facts, disposal: Disposal | None = None) -> Refuse | Defer | None:
    """Return the first objection; None when nobody has one."""
    for each in JUDGES:
        if (objection := each(facts, disposal or Disposal())) is not None:
            return objection
    return None


def unwanted(verdict: Mapping[str, Any] | None, mailbox_ids: Sequence[int | None]) -> Refuse | None:
    """Refuse a message that is to be refused for every recipient; None stands for one elsewhere, by an alias."""
    if not verdict or not mailbox_ids:
        return None
    if any(of_mailbox(verdict, one).get("action") != Action.REFUSE for one in mailbox_ids):
        return None
    names = ", ".join(str(name) for name, weight, *_ in verdict.get("symbols", ())[:10] if weight)
    return Refuse(replies.UNWANTED, f"judged unwanted, score {verdict.get('score', 0):.1f} ({names})")
