"""The check itself: find the policy, compare what passed with the author's domain, and say what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from apps.protocols.addresses import AddressError, DomainName
from apps.protocols.mailauth.lookups import Inquiry, Status

from .organizational import (
    Asker,
    By,
    FaultError,
    Published,
    by_suffix_list,
    organizational_domain,
    public_suffix,
    walk,
)
from .record import Policy, Record

MAX_AUTHORS = 5
MAX_SIGNATURES = 20

type Check = Literal["pass", "fail", "none", "temperror", "permerror"]
# The order says which of several authors' results counts. "none" is no failure, but no proof, either: who writes beside
# the domain of somebody without a policy must not make the message pass.
_GRAVITY: tuple[Check, ...] = ("pass", "none", "permerror", "temperror", "fail")
_STRICTNESS = (Policy.NONE, Policy.QUARANTINE, Policy.REJECT)


class Said(Protocol):
    """What SPF or one DKIM signature came to: a word (or an enum of it), and for which domain."""

    @property
    def result(self) -> object:
        """What it came to."""
        ...

    @property
    def domain(self) -> str:
        """Whose name it is about."""
        ...


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """What the check came to. `policy` is what to do with a failure, test mode already considered."""

    result: Check
    domain: str = ""
    organizational: str = ""
    policy: Policy = Policy.NONE
    policy_said_by: Literal["p", "sp", "np"] = "p"
    aligned: tuple[str, ...] = ()
    """What passed and is aligned: "spf", "dkim"."""
    record: Record | None = None
    reason: str = ""
    published: Policy = Policy.NONE
    """The policy as it stands in the record."""
    policy_domain: str = ""
    """Whose record it is."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The policy for one author's domain."""

    organizational: str
    at: Published
    said_by: Literal["p", "sp", "np"] = "p"


def check_dmarc(
    author_domains: tuple[str, ...], spf: Said, dkim: Sequence[Said], *, by: By = By.TREE_WALK
) -> Inquiry[DmarcResult]:
    """Check a message by the domains in From, and what SPF and DKIM came to.

    With several authors each domain must pass; of those that fail, the strictest policy counts (DMARCbis 11.5).
    """
    domains = tuple(dict.fromkeys(name.removesuffix(".").lower() for name in author_domains))
    if not domains:
        return DmarcResult("none", reason="no author's domain")
    asker = Asker()
    worst: DmarcResult | None = None
    if len(domains) > MAX_AUTHORS:
        # The first are looked at all the same: a crowd must not hide the one whose policy says reject.
        worst = DmarcResult("permerror", domains[0], reason=f"{len(domains)} domains in From")
    for domain in domains[:MAX_AUTHORS]:
        found = yield from _check_one(domain, spf, dkim[:MAX_SIGNATURES], asker, by)
        if worst is None or _rank(found) > _rank(worst):
            worst = found
    assert worst is not None
    return worst


def _rank(found: DmarcResult) -> tuple[int, int]:
    return _GRAVITY.index(found.result), _STRICTNESS.index(found.policy)


def _check_one(name: str, spf: Said, dkim: Sequence[Said], asker: Asker, by: By) -> Inquiry[DmarcResult]:
    try:
        domain = DomainName.parse(name).name
    except AddressError as error:
        return DmarcResult("permerror", name[:253], reason=str(error))
    fault = ""
    try:
        found = yield from _find_policy(domain, asker, by)
    except FaultError as error:
        # With a record of its own, a domain needs nobody above it for what passed under its very name.
        fault = str(error)
        found = _Found(domain, asker.known.get(domain) or Published(domain))
        if found.at.record is None:
            return DmarcResult("temperror", domain, reason=fault)
    record = found.at.record
    if record is None:
        trouble = found.at.trouble
        return DmarcResult(
            "permerror" if trouble else "none",
            domain,
            found.organizational,
            reason=trouble or "no DMARC record",
        )
    published = {"sp": record.subdomain, "np": record.nonexistent}.get(found.said_by) or record.policy
    aligned, doubt = yield from _aligned(domain, found, record, spf, dkim, asker, by)
    doubt = fault or doubt
    result: Check = "pass" if aligned else "temperror" if doubt else "fail"
    return DmarcResult(
        result,
        domain,
        found.organizational,
        published.lowered if record.testing else published,
        found.said_by,
        aligned,
        record,
        "" if aligned else doubt or "nothing that passed belongs to the author's domain",
        published,
        found.at.domain,
    )


def _find_policy(domain: str, asker: Asker, by: By) -> Inquiry[_Found]:
    """Find the record: the domain's own, its organization's, or that of the suffix it is registered under."""
    if by is By.TREE_WALK:
        walked = yield from walk(domain, asker)
        organizational, seen = walked.organizational, walked.found
    else:
        organizational = by_suffix_list(domain)
        seen = yield from _look(domain, organizational, asker)
    records = {found.domain: found for found in seen if found.record}
    at = records.get(domain) or records.get(organizational)
    if at is None:
        # Only a record that says it is a public suffix's speaks for names that others registered (RFC 9091).
        at = next((found for found in records.values() if found.record and found.record.psd == "y"), None)
    if at is None:
        trouble = next((found for found in seen if found.trouble), None)
        return _Found(organizational, trouble or Published(domain))
    if at.domain == domain:
        return _Found(organizational, at)
    said_by = yield from _said_by(domain, at, asker)
    return _Found(organizational, at, said_by)


def _look(domain: str, organizational: str, asker: Asker) -> Inquiry[tuple[Published, ...]]:
    seen: list[Published] = []
    for name in dict.fromkeys((domain, organizational, public_suffix(domain))):
        if name is None:
            continue
        found = yield from asker.published(name)
        if found.record is not None or found.trouble:
            seen.append(found)
        if found.record is not None:
            break
    return tuple(seen)


def _said_by(domain: str, at: Published, asker: Asker) -> Inquiry[Literal["p", "sp", "np"]]:
    assert at.record is not None
    record = at.record
    other: Literal["p", "sp"] = "p" if record.subdomain is None else "sp"
    if record.nonexistent is not None and record.nonexistent != (record.subdomain or record.policy):
        answer = yield from asker.ask(domain, "A")
        if answer.status is Status.NO_DOMAIN:
            return "np"
    return other


def _aligned(
    domain: str, found: _Found, record: Record, spf: Said, dkim: Sequence[Said], asker: Asker, by: By
) -> Inquiry[tuple[tuple[str, ...], str]]:
    """Name what passed and belongs to the author's domain, and why that cannot be said where DNS was at fault."""
    aligned: list[str] = []
    doubt = ""
    checks = [("spf", spf, record.strict_spf), *(("dkim", each, record.strict_dkim) for each in dkim)]
    for kind, said, strict in checks:
        word = _word(said.result)
        if word not in {"pass", "temperror"} or kind in aligned:
            continue
        try:
            belongs = yield from _belongs(said.domain, domain, found.organizational, asker, by, strict=strict)
        except FaultError as error:
            doubt = doubt or str(error)
            continue
        if belongs and word == "pass":
            aligned.append(kind)
        elif belongs:
            # Only then: a stranger whose own name servers fail must not turn a failure into a doubt.
            doubt = doubt or f"{kind} of {said.domain}: temperror"
    return tuple(aligned), doubt


def _belongs(
    name: str, author: str, organizational: str, asker: Asker, by: By, *, strict: bool
) -> Inquiry[bool]:
    try:
        name = DomainName.parse(name).name
    except AddressError:
        return False
    if name == author:
        return True
    # An organizational domain is the name itself or one above it, so most strangers need no lookup.
    if strict or not f".{name}".endswith(f".{organizational}"):
        return False
    return (yield from organizational_domain(name, asker, by)) == organizational


def _word(result: object) -> str:
    return str(getattr(result, "value", result))
