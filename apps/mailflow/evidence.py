"""What checking a stranger's message came to, small enough to be kept: for the trace, the spam filter, and reports."""

from typing import Any

from apps.protocols.mailauth.arc.results import Arc
from apps.protocols.mailauth.dkim.results import Dkim
from apps.reports.seen import Seen

from .disposal import Disposal, Fate
from .examine import Checked, Claims

MOST_SIGNATURES = 5
REASON_CHARACTERS = 200


def told(checked: Checked, disposal: Disposal) -> dict[str, Any]:
    """Return the evidence as it is kept beside the message; what says nothing is left out."""
    spf, dmarc, arc, iprev = checked.spf, checked.dmarc, checked.arc, checked.iprev
    found: dict[str, Any] = {
        "spf": _entry(spf.result.value, spf.reason, domain=spf.domain),
        "dmarc": _entry(
            dmarc.result,
            dmarc.reason,
            domain=dmarc.domain,
            policy=dmarc.policy.value if dmarc.record is not None else "",
            aligned=list(dmarc.aligned),
        ),
        "iprev": _entry(iprev.result, iprev.reason, name=iprev.name),
    }
    if checked.doubt:
        found["author"] = _entry("permerror", checked.doubt)
    if signatures := [one for one in checked.dkim if one.result is not Dkim.NONE]:
        found["dkim"] = [
            _entry(one.result.value, one.reason, domain=one.domain, selector=one.selector)
            for one in signatures[:MOST_SIGNATURES]
        ]
    if arc.result is not Arc.NONE:
        found["arc"] = _entry(arc.result.value, arc.reason, sealers=[one.domain for one in arc.sets[-5:]])
    if checked.bimi.result not in {"none", "skipped"}:
        bimi = checked.bimi
        found["bimi"] = _entry(bimi.result, bimi.reason, domain=bimi.domain)
        if bimi.location:
            found["bimi"]["location"] = bimi.location  # Whole, or it would be another address.
    if disposal.override is not None:
        found["override"] = _short(disposal.override[1])
    return found


def _entry(result: str, reason: str, **about: Any) -> dict[str, Any]:
    entry = {"result": result, **about}
    if result not in {"pass", "none"}:
        entry["reason"] = reason
    return {
        name: _short(value) if isinstance(value, str) else value for name, value in entry.items() if value
    }


def _short(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text[:REASON_CHARACTERS]
    return text[:REASON_CHARACTERS].replace("\0", "").encode("utf-8", "replace").decode()


_DISPOSITIONS = {Fate.TAKE: "none", Fate.DEFER: "none", Fate.JUNK: "quarantine", Fate.REFUSE: "reject"}


def seen(checked: Checked, disposal: Disposal, claims: Claims) -> Seen | None:
    """Return what is counted for the author's domain, if it has a policy at all (RFC 7489 7.2).

    What a fault of DNS kept from an end is not told: its owner would read a failure into it.
    """
    dmarc = checked.dmarc
    if dmarc.record is None or dmarc.result not in {"pass", "fail"}:
        return None
    spf = checked.spf
    return Seen(
        policy_domain=dmarc.policy_domain,
        source=claims.address,
        disposition=_DISPOSITIONS[disposal.fate],
        dkim="pass" if "dkim" in dmarc.aligned else "fail",
        spf="pass" if "spf" in dmarc.aligned else "fail",
        header_from=dmarc.domain,
        envelope_from=claims.sender.rpartition("@")[2].lower(),
        dkim_results=tuple(
            (one.domain, one.selector, one.result.value)
            for one in checked.dkim[:MOST_SIGNATURES]
            if one.result is not Dkim.NONE
        ),
        spf_results=((spf.domain, spf.scope, spf.result.value),),
        reasons=(disposal.override,) if disposal.override else (),
    )
