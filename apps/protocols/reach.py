"""Which addresses lie in the public Internet.

Names come from strangers: whoever names a host that we connect to can try to reach what only we can reach.
"""

import ipaddress
from collections.abc import Sequence

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Addresses that carry another address within, which might be ours: Teredo and 6to4 (NAT64 and mapped ones are not
# within 2000::/3). And those for documentation, of which Python does not know the newest.
_CARRIERS = (
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("3fff::/20"),
)


def is_reachable(address: IpAddress, allow: Sequence[Network] = ()) -> bool:
    """Whether we may connect to an address that a stranger named: only in the public Internet, or where it is allowed."""
    if any(address in network for network in allow if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _GLOBAL_UNICAST or any(address in network for network in _CARRIERS)
    ):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
