"""check_host(): find a policy, go through its mechanisms, follow it elsewhere (RFC 7208 4)."""

import ipaddress
import re
from dataclasses import dataclass

from apps.protocols.addresses import AddressError, DomainName
from apps.protocols.mailauth.lookups import Inquiry, Lookup, Status

from .macros import Template, letters, read, to_name
from .record import Mechanism, Record, is_policy, parse
from .results import PermError, Scope, Spf, SpfResult, SpfSyntaxError, TempError
from .session import MOST_TERMS, UNKNOWN, Address, Session

_FQDN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}", re.IGNORECASE)
LONGEST_EXPLANATION = 500


@dataclass(frozen=True, slots=True)
class _Judgement:
    result: Spf
    term: str = ""
    reason: str = ""
    explanation: Template | None = None
    domain: str = ""  # Whose policy it was in the end.


def check_spf(address: str, *, sender: str, helo: str, receiver: str, now: int = 0) -> Inquiry[SpfResult]:
    """Check whether a host may send for the domain of MAIL FROM, or of HELO when that is empty (RFC 7208 2.4).

    At most ten terms that ask, each at most eleven questions; time is the driver's to bound. `receiver` and `now` are
    only told in explanations.
    """
    scope: Scope = "mfrom" if sender else "helo"
    local, _, domain = sender.rpartition("@") if sender else ("", "", helo)
    domain = _to_domain(domain)
    if not domain:
        return SpfResult(Spf.NONE, "", scope, reason="no name that could have a policy")
    session = Session(
        ip := _to_address(address), _values(ip, local or "postmaster", domain, helo, receiver, now)
    )
    try:
        found = yield from _check_host(session, domain)
        explanation = ""
        if found.result is Spf.FAIL and found.explanation is not None:
            explanation = yield from _explain(session, found.explanation, found.domain)
    except PermError as error:
        return SpfResult(Spf.PERMERROR, domain, scope, reason=str(error))
    except TempError as error:
        return SpfResult(Spf.TEMPERROR, domain, scope, reason=str(error))
    return SpfResult(found.result, domain, scope, found.term, found.reason, explanation)


def _to_address(address: str) -> Address:
    """Read an address; IPv4 within IPv6 is IPv4 (RFC 7208 5)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _to_domain(name: str) -> str:
    """Return a name as A-labels, or nothing when it is not a fully qualified one (RFC 7208 4.3)."""
    name = name.removesuffix(".")
    if not name.isascii():
        try:
            name = DomainName.parse(name).name
        except AddressError:
            return ""
    if len(name) > 253 or not _FQDN.fullmatch(name) or name.rpartition(".")[2].isdecimal():
        return ""
    return name


def _values(ip: Address, local: str, domain: str, helo: str, receiver: str, now: int) -> dict[str, str]:
    """Return what the macro letters stand for (RFC 7208 7.2)."""
    return {
        "s": f"{local}@{domain}",
        "l": local,
        "o": domain,
        "h": helo or UNKNOWN,
        "i": str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", "").upper()),
        "v": "in-addr" if ip.version == 4 else "ip6",
        "c": str(ip),
        "r": receiver or UNKNOWN,
        "t": str(now),
    }


def _check_host(session: Session, domain: str) -> Inquiry[_Judgement]:
    record = yield from _policy(domain)
    if record is None:
        return _Judgement(Spf.NONE, reason=f"{domain} has no policy")
    version, bits, number = session.address.version, session.address.max_prefixlen, int(session.address)
    for mechanism in record.mechanisms:
        # Networks are most of what policies hold, some hundred of them: they are worth no generator each.
        if mechanism.version:
            found = mechanism.version == version and number >> (bits - mechanism.four) == mechanism.network
        else:
            found = mechanism.kind == "all" or (yield from _matches(session, mechanism, domain))
        if found:
            reason = f"{mechanism.text} of {domain}"
            return _Judgement(mechanism.qualifier, mechanism.text, reason, record.explanation, domain)
    if record.redirect is None:
        return _Judgement(Spf.NEUTRAL, reason=f"no term of {domain} matches")
    session.count_term()
    target = yield from session.name(record.redirect, domain)
    judged = _Judgement(Spf.NONE)
    if target:
        judged = yield from _check_host(session, target)
    if judged.result is Spf.NONE:
        raise PermError(f"{domain} redirects to {target or 'a name that cannot be'}, which has no policy")
    return judged


def _policy(domain: str) -> Inquiry[Record | None]:
    """Find and read the one policy of a domain (RFC 7208 4.4 to 4.6)."""
    answer = yield Lookup(domain, "TXT")
    if answer.status is Status.FAULT:
        raise TempError(answer.reason)
    policies = [text for text in answer.texts if is_policy(text)]
    if not policies:
        return None
    if len(policies) > 1:
        raise PermError(f"{domain} has {len(policies)} policies")
    try:
        return parse(policies[0])
    except SpfSyntaxError as error:
        raise PermError(f"{domain}: {error}") from None


def _matches(session: Session, mechanism: Mechanism, domain: str) -> Inquiry[bool]:
    """Whether a mechanism that asks is about the sender (RFC 7208 5)."""
    session.count_term()
    name = yield from session.name(mechanism.target, domain)
    match mechanism.kind:
        case "include":
            return (yield from _include(session, mechanism, name, domain))
        case "ptr":
            return (yield from _ptr(session, name.lower()))
    if not name:
        # A name that DNS cannot have is one that does not exist (RFC 7208 4.8 leaves it open).
        return False
    match mechanism.kind:
        case "exists":
            return bool((yield from session.ask(name, "A")).records)
        case "mx":
            return (yield from _mx(session, mechanism, name))
    return session.has((yield from session.ask(name, session.kind)), _prefix(session, mechanism))


def _prefix(session: Session, mechanism: Mechanism) -> int:
    return mechanism.four if session.address.version == 4 else mechanism.six


def _include(session: Session, mechanism: Mechanism, name: str, domain: str) -> Inquiry[bool]:
    """Ask another policy; only its pass is a match (RFC 7208 5.2)."""
    if not name:
        if not session.values["l"].isascii() and letters(mechanism.target) & {"l", "s"}:
            return False  # RFC 8616 4
        raise PermError(f"{domain} includes a name that cannot be: {mechanism.text}")
    found = yield from _check_host(session, name)
    if found.result is Spf.NONE:
        raise PermError(f"{domain} includes {name}, which has no policy")
    return found.result is Spf.PASS


def _mx(session: Session, mechanism: Mechanism, name: str) -> Inquiry[bool]:
    """Look among the mail hosts of a domain, at ten of them (RFC 7208 5.4)."""
    hosts = sorted((yield from session.ask(name, "MX")).exchanges, key=lambda mx: mx.preference)
    for mx in hosts[:MOST_TERMS]:
        if host := to_name(mx.exchange):
            answer = yield from session.ask(host, session.kind)
            if session.has(answer, _prefix(session, mechanism)):
                return True
    if len(hosts) > MOST_TERMS:
        raise PermError(f"{name} has more than {MOST_TERMS} mail hosts")
    return False


def _ptr(session: Session, target: str) -> Inquiry[bool]:
    """Look whether the sender's verified name lies within a domain (RFC 7208 5.5)."""
    if target:
        for name in (yield from session.names()):
            if (name == target or name.endswith("." + target)) and (yield from session.is_verified(name)):
                return True
    return False


def _explain(session: Session, template: Template, domain: str) -> Inquiry[str]:
    """Fetch the sender's own words about a fail; nothing if anything is odd (RFC 7208 6.2)."""
    try:
        name = yield from session.name(template, domain)
        if not name:
            return ""
        answer = yield Lookup(name, "TXT")
        if answer.status is not Status.FOUND or len(answer.texts) != 1:
            return ""
        words = read(answer.texts[0][: LONGEST_EXPLANATION * 4], is_explanation=True)
        text = yield from session.expand(words, domain)
    except (SpfSyntaxError, TempError):
        return ""
    return text[:LONGEST_EXPLANATION] if text.isascii() and text.isprintable() else ""
