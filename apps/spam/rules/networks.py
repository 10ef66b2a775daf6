"""Networks of clients: found by a look for each length of prefix, however many there are. Pure."""

import ipaddress
from collections.abc import Iterator

from .definitions import RuleError

MOST_NETWORKS = 100


def read_networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the networks an expression names, separated by commas or blanks; raises RuleError."""
    words = text.replace(",", " ").split()
    if len(words) > MOST_NETWORKS:
        raise RuleError(f"at most {MOST_NETWORKS} networks")
    found = []
    for word in words:
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise RuleError(f"not a network: {error}") from None
    return tuple(found)


class Networks:
    """Which rules speak of an address."""

    def __init__(self) -> None:
        self._rules: dict[tuple[int, int], dict[int, list[int]]] = {}

    def add(self, text: str, rule: int) -> None:
        """Let a rule match these networks."""
        for network in read_networks(text):
            shift = network.max_prefixlen - network.prefixlen
            of_length = self._rules.setdefault((network.version, shift), {})
            of_length.setdefault(int(network.network_address) >> shift, []).append(rule)

    def find(self, address: str) -> Iterator[int]:
        """Return the rules an address matches; what is no address matches none."""
        if not address or not self._rules:
            return
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        number = int(ip)
        for (version, shift), networks in self._rules.items():
            if version == ip.version:
                yield from networks.get(number >> shift, ())
