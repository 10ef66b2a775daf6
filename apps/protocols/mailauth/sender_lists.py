"""Lists of senders and of names that mail is judged by: hosts, domains, and domains that are young (RFC 5782).

A list is asked about a message only while it works: it lists what every list must, and nothing that none may. An answer that was
not declared counts for nothing; one that no list may give, like that for a resolver it does not serve, breaks it.
"""

import enum
import ipaddress
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .blocklists import Blocklist, BrokenError, ListError, SilentError, codes_of, name_of, read_lists
from .lookups import Inquiry, Lookup

WEIGHT = 2.0
MOST_WEIGHT = 6.0
MOST_NAME = 253


class Kind(enum.StrEnum):
    """What a list lists."""

    HOST = "host"
    """Addresses of hosts that bring mail."""
    DOMAIN = "domain"
    """Domains that mail is from, or leads to."""
    YOUNG = "young"
    """Domains that were registered a short time ago."""


# A list has nothing to say of them, whatever it answers.
_WITHIN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::/127", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
# What a list of names must list and must not: addresses in the form of old, or the words of RFC 5782 5.
_LISTED, _CLEAN = ("2.0.0.127", "test"), ("1.0.0.127", "invalid")


@dataclass(frozen=True, slots=True)
class SenderList:
    """A list, and what it weighs, in nats."""

    kind: Kind
    blocklist: Blocklist
    weight: float

    @property
    def zone(self) -> str:
        """Its name."""
        return self.blocklist.zone


@dataclass(frozen=True, slots=True)
class Hit:
    """Something stands on a list."""

    zone: str
    kind: Kind
    about: str
    codes: tuple[str, ...]
    weight: float


def read_sender_lists(entries: Iterable[str]) -> tuple[SenderList, ...]:
    """Read entries like `host:zone=127.0.0.2-11@2.5`; ListError. Kind, answers and weight may be left out."""
    kinds: list[Kind] = []
    weights: list[float] = []
    plain: list[str] = []
    for entry in entries:
        word, colon, rest = entry.strip().partition(":")
        if colon and word not in set(Kind):
            raise ListError(f"{word!r} is no kind of list: host, domain or young")
        kinds.append(Kind(word) if colon else Kind.HOST)
        zone, at, weight = (rest if colon else word).partition("@")
        weights.append(_weight(weight) if at else WEIGHT)
        plain.append(zone)
    lists = read_lists(plain)
    return tuple(SenderList(*one) for one in zip(kinds, lists, weights, strict=True))


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight <= MOST_WEIGHT:
        raise ListError(f"{text!r} is no weight: above 0, and {MOST_WEIGHT:g} at most")
    return weight


def probe_list(sender_list: SenderList) -> Inquiry[str]:
    """Ask a list for what it must list, and must not; return what is wrong with it, '' if it works."""
    zone, means = sender_list.zone, sender_list.blocklist.means
    names = sender_list.kind is not Kind.HOST
    try:
        for clean in _CLEAN if names else _CLEAN[:1]:
            if codes_of((yield Lookup(f"{clean}.{zone}", "A")), clean):
                return f"lists {clean}, as if it listed everything"
        for listed in _LISTED if names else _LISTED[:1]:
            codes = codes_of((yield Lookup(f"{listed}.{zone}", "A")), listed)
            if any(means(code) for code in codes):
                return ""
    except (BrokenError, SilentError) as error:
        return str(error)
    return "does not list what every list must: it has ended, or does not answer this resolver"


def ask_list(sender_list: SenderList, abouts: Sequence[str]) -> Inquiry[tuple[Hit, ...]]:
    """Ask a list about addresses or names; BrokenError and SilentError say why it cannot be believed now."""
    hits: list[Hit] = []
    for about in abouts:
        if not (name := _asked(sender_list, about)):
            continue
        codes = codes_of((yield Lookup(name, "A")), about)
        said = tuple(str(code) for code in codes if sender_list.blocklist.means(code))
        if said:
            hits.append(Hit(sender_list.zone, sender_list.kind, about, said[:5], sender_list.weight))
    return tuple(hits)


def _asked(sender_list: SenderList, about: str) -> str:
    """Return the name to ask for; '' where the list cannot know it."""
    if sender_list.kind is Kind.HOST:
        try:
            ip = ipaddress.ip_address(about.partition("%")[0])
        except ValueError:
            return ""
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        is_within = any(ip.version == net.version and ip in net for net in _WITHIN)
        return "" if is_within else name_of(str(ip), sender_list.zone)
    name = f"{about.lower().strip('.')}.{sender_list.zone}"
    return name if "." in about and name.isascii() and " " not in name and len(name) <= MOST_NAME else ""
