"""Whether this server connects to an address that somebody else's DNS named: a mail host's, or a policy's."""

import functools
import ipaddress

from django.conf import settings

from apps.protocols.reach import Network, is_reachable


def may_reach(address: str) -> bool:
    """Whether to connect: the address lies in the public Internet, or the operator allows it.

    Hosts that the operator named (MAIL_ROUTES) need no leave.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return is_reachable(ip, _allowed(tuple(settings.MAIL_REACHABLE_NETWORKS)))


@functools.lru_cache(maxsize=4)
def _allowed(words: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple([ipaddress.ip_network(word) for word in words])
