"""Who a message is from: names that can be remembered, each proven by something else. Pure."""

import enum
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from apps.protocols.addresses import Address, AddressError
from apps.protocols.mailauth import results
from apps.protocols.mailauth.dmarc.organizational import by_suffix_list
from apps.protocols.mime.headers import every, unfold

MOST_SIGNERS = 5
LONGEST = 255


class Kind(enum.IntEnum):
    """What a name is a name of, from the nearest to the widest."""

    ADDRESS = 1
    """The author's address, which its domain vouches for."""
    CLAIMED = 2
    """The author's address, which nobody vouches for."""
    DOMAIN = 3
    REGISTERED = 4
    """The domain somebody registered: `example.com` of `mail.example.com`."""
    SIGNER = 5
    SENDER = 6
    """The domain of the envelope, which SPF vouches for."""
    HOST = 7
    NETWORK = 8
    RANGE = 9


WIDTHS = {Kind.HOST: (32, 64), Kind.NETWORK: (26, 48), Kind.RANGE: (21, 32)}
"""How many bits of an IPv4 and of an IPv6 address each kind has."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One name a message can be remembered by."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message is from: its first author, what vouches for them, and the host that brought it."""

    author: str = ""
    display_name: str = ""
    is_proven: bool = False
    """Whether the author's domain vouches for the author (DMARC, or a signature or SPF that is aligned)."""
    signers: tuple[str, ...] = ()
    sender: str = ""
    """The domain that SPF passed for."""
    address: str = ""

    @property
    def domain(self) -> str:
        """The author's domain."""
        return self.author.rpartition("@")[2]

    @property
    def registered(self) -> str:
        """The domain the author's belongs to."""
        return registered(self.domain)

    def identities(self) -> tuple[Identity, ...]:
        """Return all names it can be remembered by; a domain is remembered only if it is proven."""
        found: list[Identity] = []
        if self.author:
            found.append(Identity(Kind.ADDRESS if self.is_proven else Kind.CLAIMED, self.author))
            if self.is_proven:
                found.append(Identity(Kind.DOMAIN, self.domain))
                found.append(Identity(Kind.REGISTERED, self.registered))
        found += [Identity(Kind.SIGNER, signer) for signer in self.signers]
        if self.sender:
            found.append(Identity(Kind.SENDER, self.sender))
        found += [Identity(kind, name) for kind in WIDTHS if (name := network(self.address, kind))]
        return tuple(Identity(one.kind, one.name[:LONGEST]) for one in dict.fromkeys(found))


def of_checks(authors: Sequence[tuple[str, str]], checks: Mapping[str, Any], address: str) -> Origin:
    """Return whence a message is that is judged: authors as name and address, checks as the evidence tells them."""
    spf, dmarc, dkim = checks.get("spf") or {}, checks.get("dmarc") or {}, checks.get("dkim") or []
    passed = [
        str(one.get("domain", "")) for one in dkim if isinstance(one, Mapping) and one.get("result") == "pass"
    ]
    sender = str(spf.get("domain", "")) if spf.get("result") == "pass" else ""
    return _origin(authors, str(dmarc.get("result", "")), passed, sender, address)


def of_prefix(authors: Sequence[tuple[str, str]], prefix: bytes, authserv_id: str) -> Origin:
    """Return whence a message is that was filed: what we found then stands above it (Authentication-Results)."""
    for field in every(prefix, results.reading.FIELD):
        said = results.read(unfold(field).decode("utf-8", "replace"))
        if said.authserv_id != authserv_id.lower():
            continue
        dmarc = next((one.result for one in said.of("dmarc")), "")
        passed = [one.value("header", "d") for one in said.of("dkim") if one.result == "pass"]
        sender = next(
            (
                one.value("smtp", "mailfrom") or one.value("smtp", "helo")
                for one in said.of("spf")
                if one.result == "pass"
            ),
            "",
        )
        address = next((one.value("policy", "iprev") for one in said.of("iprev")), "")
        return _origin(authors, dmarc, passed, sender, address)
    return _origin(authors, "", [], "", "")


def _origin(
    authors: Sequence[tuple[str, str]], dmarc: str, signers: Iterable[str], sender: str, address: str
) -> Origin:
    name, author = next(((name, key) for name, text in authors if (key := key_of(text))), ("", ""))
    signed = tuple(dict.fromkeys(one.lower().removesuffix(".") for one in signers if one))[:MOST_SIGNERS]
    sender = sender.rpartition("@")[2].lower()
    of = registered(author.rpartition("@")[2]) if author else ""
    aligned = bool(of) and any(registered(one) == of for one in (*signed, sender) if one)
    # Where DMARC was asked and failed, its stricter alignment holds.
    is_proven = bool(author) and (dmarc == "pass" or (aligned and dmarc in {"", "none"}))
    return Origin(author, name, is_proven, signed, sender, address)


def key_of(text: str) -> str:
    """Return an address as it is compared; '' for what is none."""
    try:
        return Address.parse(text.strip(), forgiving=True).key
    except AddressError:
        return ""


@lru_cache(4096)
def registered(domain: str) -> str:
    """Return the domain somebody registered that this one belongs to."""
    return by_suffix_list(domain) if domain else ""


@lru_cache(4096)
def network(address: str, kind: Kind) -> str:
    """Return the network an address lies in; '' where there is none to speak of."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback or (ip.is_private and not ip.is_global and ip.is_link_local):
        return ""
    four, six = WIDTHS[kind]
    return str(ipaddress.ip_network((ip, four if ip.version == 4 else six), strict=False))
