"""What SPF, DKIM, DMARC and the host's name say about a message, as evidence. Pure.

The weights are small: whoever sends unwanted mail can sign it, too. That something is proven matters to reputation, which
then knows whose mail it is; that a sender is forged speaks for itself.
"""

from collections.abc import Mapping
from typing import Any

from .envelopes import Envelope
from .symbols import Evidence, Sort, Source, Symbol

_SPF = {"pass": -0.1, "fail": 1.0, "softfail": 0.6, "permerror": 0.3}
_HOST = {"fail": 0.4, "permerror": 0.4, "none": 0.4}
UNPROVEN = 0.4
FORGED = 1.5
PROVEN = -0.5


def authentication(envelope: Envelope) -> Evidence:
    """Return what checking the sender came to; nothing where nobody checked, and for our users' mail."""
    if envelope.is_ours or not envelope.checks:
        return Evidence()
    found: list[Symbol] = []
    missing = [
        (method, "DNS did not answer")
        for method in ("spf", "dkim", "dmarc")
        if envelope.result(method) == "temperror"
    ]
    spf, dkim, dmarc = (envelope.result(method) for method in ("spf", "dkim", "dmarc"))
    if spf in _SPF:
        found.append(_symbol(f"SPF_{spf.upper()}", _SPF[spf], _domain(envelope.checks.get("spf"))))
    if dkim == "pass":
        found.append(_symbol("DKIM_PASS", -0.1, _signer(envelope.checks.get("dkim"))))
    elif dkim in {"fail", "permerror"}:
        found.append(_symbol("DKIM_FAIL", 0.3, _signer(envelope.checks.get("dkim"))))
    if spf != "pass" and dkim != "pass" and not missing:
        found.append(_symbol("NOTHING_PROVEN", UNPROVEN))
    if dmarc == "pass":
        found.append(_symbol("DMARC_PASS", PROVEN, _domain(envelope.checks.get("dmarc"))))
    elif dmarc == "fail" and "override" not in envelope.checks:
        detail = _domain(envelope.checks.get("dmarc"))
        found.append(Symbol("DMARC_FAIL", FORGED, Source.AUTHENTICATION, detail, Sort.PHISHING))
    if (host := envelope.result("iprev")) in _HOST:
        found.append(_symbol("HOST_WITHOUT_NAME", _HOST[host], envelope.address))
    return Evidence(tuple(found), tuple(missing))


def forged(checks: Mapping[str, Any]) -> frozenset[str]:
    """Return the author's domain where its owner says that the message is not from it."""
    dmarc = checks.get("dmarc")
    if not isinstance(dmarc, dict) or dmarc.get("result") != "fail" or "override" in checks:
        return frozenset()
    return frozenset({str(dmarc.get("domain", "")).lower()}) - {""}


def _symbol(name: str, weight: float, detail: str = "") -> Symbol:
    return Symbol(name, weight, Source.AUTHENTICATION, detail[:200])


def _domain(entry: object) -> str:
    return str(entry.get("domain", "")) if isinstance(entry, dict) else ""


def _signer(entries: object) -> str:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("result") == "pass":
            return str(entry.get("domain", ""))
    return _domain(entries[0]) if isinstance(entries, list) and entries else ""
