"""Senders somebody always wants to hear of, or never: by address, domain, network or words of the subject. Pure."""

import enum
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .thresholds import Level


class Effect(enum.StrEnum):
    """What an entry does."""

    ALLOW = "allow"
    BLOCK = "block"


class Subject(enum.StrEnum):
    """What an entry looks at."""

    ADDRESS = "address"
    DOMAIN = "domain"
    NETWORK = "network"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list; `pattern` is in lower case, and a network as `ip_network` writes it."""

    effect: Effect
    subject: Subject
    pattern: str
    level: Level = Level.SITE
    id: int | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """As people and records name it: what it looks at, and for what."""
        return f"{self.subject}:{self.pattern}"


@dataclass(frozen=True, slots=True)
class About:
    """What lists are asked about: every address a message claims to be from, the host that brought it, its subject.

    `forged` are domains whose owners say that the message is not from them (DMARC). An allowing entry for one of them
    is not about this message: whoever is trusted did not write it.
    """

    senders: tuple[str, ...] = ()
    address: str = ""
    subject: str = ""
    forged: frozenset[str] = field(default_factory=frozenset)


def matching(entries: Iterable[Entry], about: About) -> tuple[Entry, ...]:
    """Return the entries that are about a message, the nearest level first."""
    order = list(Level)
    senders = [sender.strip().lower() for sender in about.senders if sender.strip()]
    found = [entry for entry in entries if _matches(entry, senders, about)]
    return tuple(sorted(found, key=lambda entry: -order.index(entry.level)))


def _matches(entry: Entry, senders: Sequence[str], about: About) -> bool:
    match entry.subject:
        case Subject.SUBJECT:
            return entry.pattern in " ".join(about.subject.casefold().split())
        case Subject.NETWORK:
            return _lies_in(about.address, entry.pattern)
        case Subject.ADDRESS:
            named = [sender for sender in senders if sender == entry.pattern]
        case Subject.DOMAIN:
            named = [sender for sender in senders if _is_within(_domain(sender), entry.pattern)]
    if entry.effect is Effect.ALLOW:
        return any(not _is_forged(_domain(sender), about.forged) for sender in named)
    return bool(named)


def _is_forged(domain: str, forged: frozenset[str]) -> bool:
    return any(_is_within(domain, one) or _is_within(one, domain) for one in forged)


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


def _is_within(domain: str, name: str) -> bool:
    return domain == name or domain.endswith("." + name)


@lru_cache(4096)
def _lies_in(address: str, network: str) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
        of = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.version == of.version and ip in of
