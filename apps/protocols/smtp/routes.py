"""Fixed routes: which domains go through a given host instead of their MX."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from apps.protocols.addresses import AddressError, DomainName

EVERYTHING = "*"


class RouteError(ValueError):
    """Text that is not a list of routes; the message names the entry."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """A smarthost: a name or address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Routes:
    """Next hops by domain; `*` stands for all others."""

    hops: Mapping[str, NextHop]

    def find(self, domain: str) -> NextHop | None:
        """Return the next hop of a domain, or None when its MX decides."""
        return self.hops.get(domain) or self.hops.get(EVERYTHING)


def parse_routes(text: str) -> Routes:
    """Read `example.org=host:port,*=[2001:db8::1]:25`; raises RouteError."""
    hops: dict[str, NextHop] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        domain, equals, target = (word.strip() for word in entry.partition("="))
        try:
            name = domain if domain == EVERYTHING else str(DomainName.parse(domain))
            host, port = _target(target)
        except (AddressError, ValueError):
            raise RouteError(f"{entry!r} is not domain=host:port") from None
        if not equals or name in hops:
            raise RouteError(
                f"{entry!r} is not domain=host:port" if not equals else f"{name} is routed twice"
            )
        hops[name] = NextHop(host, port)
    return Routes(hops)


def _target(text: str) -> tuple[str, int]:
    host, colon, digits = text.rpartition(":")
    if not colon or not digits.isascii() or not digits.isdigit() or not 1 <= int(digits) <= 65535:
        raise ValueError(text)
    if host.startswith("[") and host.endswith("]"):
        return str(ipaddress.IPv6Address(host[1:-1])), int(digits)
    try:
        return str(ipaddress.IPv4Address(host)), int(digits)
    except ValueError:
        return (host if host == "localhost" else str(DomainName.parse(host))), int(digits)
