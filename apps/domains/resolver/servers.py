"""Which servers are asked, and whose word on DNSSEC is believed."""

import ipaddress
from collections.abc import Sequence

import dns.exception
import dns.nameserver
import dns.resolver

from .transport import Nameserver


class ResolverSettingError(ValueError):
    """MAIL_DNS_SERVERS names something that is not an address; the text says which."""


def nameservers(configured: Sequence[str]) -> list[dns.nameserver.Nameserver]:
    """Read `host` or `host:port` entries (IPv6 as `[host]:port`); raises ResolverSettingError."""
    servers: list[dns.nameserver.Nameserver] = []
    for entry in configured:
        host, port = entry, "53"
        if entry.startswith("["):
            host, _, rest = entry[1:].partition("]")
            port = rest.removeprefix(":") or "53"
        elif entry.count(":") == 1:
            host, port = entry.split(":")
        try:
            address = str(ipaddress.ip_address(host))
            servers.append(Nameserver(address, int(port)))
        except ValueError:
            raise ResolverSettingError(f"MAIL_DNS_SERVERS: {entry!r} is not an address") from None
    return servers


def of_the_system() -> list[dns.nameserver.Nameserver]:
    """Return the servers this machine asks; none where it has none, which then is a fault of every question."""
    try:
        found = dns.resolver.Resolver(configure=True)
    except (dns.exception.DNSException, OSError):
        return []
    return [Nameserver(str(address), found.port) for address in found.nameservers]


def are_trusted(servers: Sequence[dns.nameserver.Nameserver], trusted: Sequence[str]) -> bool:
    """Whether the AD bit of all of these servers may be believed (RFC 4035 4.9.3).

    One that is not spoils them all: any of them may be the one that answers.
    """
    networks = [ipaddress.ip_network(each) for each in trusted]
    addresses = [
        ipaddress.ip_address(each.address.partition("%")[0])
        for each in servers
        if isinstance(each, dns.nameserver.Do53Nameserver)
    ]
    return (
        bool(addresses)
        and len(addresses) == len(servers)
        and all(any(each in network for network in networks) for each in addresses)
    )
