"""Whether an address has a name that leads back to it (RFC 8601 2.7.3)."""

import functools
import ipaddress
from dataclasses import dataclass
from typing import Literal

from .lookups import Inquiry, Lookup, Status

MOST_NAMES = 10
type IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class IprevResult:
    """What became of it; the name is one that leads back, or the first that does not."""

    result: Literal["pass", "fail", "temperror", "permerror"]
    name: str = ""
    reason: str = ""


def check_iprev(address: str) -> Inquiry[IprevResult]:
    """Ask for the names of an address, ten at most, until one leads back."""
    ip, pointer = _read(address)
    answer = yield Lookup(pointer, "PTR")
    if answer.status is Status.FAULT:
        return IprevResult("temperror", reason=answer.reason)
    names = [text.lower() for text in answer.texts[:MOST_NAMES] if text]
    if not names:
        return IprevResult("permerror", reason="the address has no name")
    fault = ""
    for name in names:
        found = yield Lookup(name, "A" if ip.version == 4 else "AAAA")
        if any(_is_same(text, ip) for text in found.texts):
            return IprevResult("pass", name)
        if found.status is Status.FAULT:
            fault = fault or found.reason
        if found.is_late:
            break
    if fault:
        return IprevResult("temperror", names[0], fault)
    return IprevResult("fail", names[0], "no name of the address leads back to it")


@functools.lru_cache(4096)
def _read(address: str) -> tuple[IpAddress, str]:
    """Read an address, and the name its own names stand at; IPv4 within IPv6 is IPv4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip, ip.reverse_pointer


@functools.lru_cache(4096)
def _is_same(text: str, ip: IpAddress) -> bool:
    try:
        return ipaddress.ip_address(text) == ip
    except ValueError:
        return False
