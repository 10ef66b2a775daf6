"""What a server's message says: records, none, no such name, or nothing that may be believed."""

import logging
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TLSA import TLSA
from dns.rdtypes.ANY.TXT import TXT

from apps.protocols.mailauth.lookups import Answer, Lookup, Mx, Record, Status, Tlsa

log = logging.getLogger(__name__)


def to_name(name: str) -> dns.name.Name:
    """Return a name whose labels are what stands between the dots; raises what dnspython raises.

    Not dnspython's own reading, to which a backslash is an escape: names come from strangers' policies.
    """
    return dns.name.Name([*(label.encode("utf-8", "surrogateescape") for label in name.split(".")), b""])


def read(lookup: Lookup, found: dns.resolver.Answer, *, is_trusted: bool) -> Answer:
    """Read an answer to a question whose name exists."""
    ttl = int(found.chaining_result.minimum_ttl)
    secure = is_trusted and bool(found.response.flags & dns.flags.AD)
    if found.response.flags & dns.flags.TC:
        # By UDP it would have been asked again; dnspython takes it from TCP.
        return fault(lookup, "cut off by TCP, too")
    chain = found.chaining_result
    canonical = chain.canonical_name.to_text(omit_final_dot=True).lower() if chain.cnames else ""
    if found.rrset is not None:
        records = tuple(_record(item) for item in found.rrset)
        return Answer(Status.FOUND, records, secure=secure, canonical=canonical, ttl=ttl)
    if reason := _is_no_denial(found):
        return fault(lookup, reason)
    return Answer(Status.NO_DATA, secure=secure, canonical=canonical, ttl=ttl)


def _is_no_denial(found: dns.resolver.Answer) -> str:
    """Say why an empty answer does not mean that there is no record."""
    response = found.response
    kinds = {rrset.rdtype for rrset in response.authority}
    if dns.rdatatype.SOA in kinds:
        return ""
    if dns.rdatatype.NS in kinds:
        return "lame: the server refers to others"
    if found.chaining_result.cnames and found.rdtype != dns.rdatatype.CNAME:
        return "the server does not follow the alias"
    if not response.flags & (dns.flags.RA | dns.flags.AA):
        return "lame: the server neither knows nor asks"
    return ""


def read_failure(lookup: Lookup, error: Exception, *, is_trusted: bool) -> tuple[Answer, bool]:
    """Read why there was no answer; and whether it holds for records of every kind."""
    if not isinstance(error, dns.resolver.NXDOMAIN):
        return fault(lookup, f"{type(error).__name__}: {error}"), False
    responses: dict[dns.name.Name, dns.message.Message] = error.responses()  # type: ignore[no-untyped-call]
    response = next(iter(responses.values())) if responses else None
    if not isinstance(response, dns.message.QueryMessage) or response.flags & dns.flags.TC:
        return fault(lookup, "no such name, but nobody says so"), False
    chain = response.resolve_chaining()
    secure = is_trusted and bool(response.flags & dns.flags.AD)
    answer = Answer(Status.NO_DOMAIN, secure=secure, ttl=int(chain.minimum_ttl))
    # An alias itself exists, though what it points to does not.
    return answer, not chain.cnames


def fault(lookup: Lookup, why: str, *, is_late: bool = False) -> Answer:
    """Return what an evaluator hears when nothing usable came."""
    reason = f"{lookup.kind} {lookup.name[:253]}: {why[:500]}"
    log.info("dns fault", extra={"reason": reason})
    return Answer(Status.FAULT, reason=reason, is_late=is_late)


def _record(item: Any) -> Record:
    if isinstance(item, MX):
        name = item.exchange.to_text(omit_final_dot=True).lower()
        return Mx(item.preference, "." if name in {"", "@", "."} else name)
    if isinstance(item, TXT):
        return b"".join(item.strings).decode("utf-8", "surrogateescape")
    if isinstance(item, TLSA):
        return Tlsa(item.usage, item.selector, item.mtype, bytes(item.cert))
    text = str(item.to_text())
    if hasattr(item, "target"):
        text = text.lower()
    return text if text == "." else text.removesuffix(".")
