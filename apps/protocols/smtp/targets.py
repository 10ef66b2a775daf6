"""Which hosts take a domain's mail, in which order (RFC 5321 5.1, RFC 7505)."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status

MAX_HOSTS = 10
MAX_ADDRESSES = 4


class Problem(enum.Enum):
    """Why a domain's mail can go nowhere, or not now."""

    NULL_MX = "the domain says that it takes no mail"
    NO_DOMAIN = "the domain does not exist"
    NO_HOST = "the domain has neither MX nor address records"
    LOOPS_BACK = "the domain's mail exchanger is this server"
    DNS_FAULT = "the domain's records cannot be looked up at the moment"

    @property
    def is_permanent(self) -> bool:
        """Whether asking again later is of no use."""
        return self is not Problem.DNS_FAULT


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts to try, best first; or a problem and nothing to try."""

    names: tuple[str, ...] = ()
    problem: Problem | None = None
    reason: str = ""
    is_secure: bool = False  # DNSSEC vouches that these are the domain's hosts.


def find_hosts(domain: str, *, own_name: str, shuffle: Callable[[list[str]], None]) -> Inquiry[Hosts]:
    """Ask for the hosts of `domain`. Hosts of one preference are shuffled, so that load spreads.

    A host that is ourselves goes, and with it all that are no better: they would send the mail back to us.
    """
    answer = yield Lookup(domain, "MX")
    if answer.status is Status.FAULT:
        return Hosts(problem=Problem.DNS_FAULT, reason=answer.reason)
    if answer.status is Status.NO_DOMAIN:
        return Hosts(problem=Problem.NO_DOMAIN)
    records = [record for record in answer.records if isinstance(record, Mx)]
    if not records:
        return (yield from _implicit(domain, own_name, is_secure=answer.secure))
    if any(record.exchange in {"", "."} for record in records):
        real = [record for record in records if record.exchange not in {"", "."}]
        if not real:
            return Hosts(problem=Problem.NULL_MX)
        records = real
    ours = [record.preference for record in records if _same(record.exchange, own_name)]
    if ours:
        records = [record for record in records if record.preference < min(ours)]
        if not records:
            return Hosts(problem=Problem.LOOPS_BACK)
    names: list[str] = []
    for preference in sorted({record.preference for record in records}):
        group = sorted({record.exchange for record in records if record.preference == preference})
        shuffle(group)
        names += [name for name in group if name not in names]
    return Hosts(tuple(names[:MAX_HOSTS]), is_secure=answer.secure)


def _implicit(domain: str, own_name: str, *, is_secure: bool) -> Inquiry[Hosts]:
    """Without MX the domain itself is its mail host, if it has an address (RFC 5321 5.1)."""
    if _same(domain, own_name):
        return Hosts(problem=Problem.LOOPS_BACK)
    found = yield from find_addresses(domain)
    if found.texts:
        return Hosts((domain,), is_secure=is_secure and found.secure)
    if found.status is Status.FAULT:
        return Hosts(problem=Problem.DNS_FAULT, reason=found.reason)
    return Hosts(problem=Problem.NO_HOST)


def find_addresses(host: str) -> Inquiry[Answer]:
    """Ask for the addresses of a host, IPv6 and IPv4 in turn, IPv6 first.

    A fault counts only when neither kind gave an address: half an answer is enough to deliver.
    """
    six = yield Lookup(host, "AAAA")
    four = yield Lookup(host, "A")
    mixed: list[str] = []
    for position in range(max(len(six.texts), len(four.texts))):
        mixed += six.texts[position : position + 1] + four.texts[position : position + 1]
    if mixed:
        is_secure = all(answer.secure for answer in (six, four) if answer.records)
        canonical = next((one.canonical for one in (six, four) if one.records and one.canonical), "")
        return Answer(Status.FOUND, tuple(mixed[:MAX_ADDRESSES]), secure=is_secure, canonical=canonical)
    for answer in (six, four):
        if answer.status is Status.FAULT:
            return answer
    return four


def _same(one: str, other: str) -> bool:
    return one.rstrip(".").lower() == other.rstrip(".").lower()
