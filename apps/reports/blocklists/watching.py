"""Ask every list about every address of ours; once an hour, and for whoever asks on the command line."""

import asyncio
import datetime as dt
import ipaddress
import logging
from collections.abc import Callable, Sequence

from django.conf import settings

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.blocklists import Blocklist, Checked, ListError, check_blocklist, read_lists
from apps.protocols.mailauth.lookups import Inquiry, Lookup, Status

from . import services

log = logging.getLogger(__name__)

SECONDS = 30.0
MOST_ADDRESSES = 32

# A list has nothing to say of them, whatever it answers.
_WITHIN = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def watch(
    may_go_on: Callable[[], bool] = lambda: True, *, now: dt.datetime, resolver: Resolver | None = None
) -> list[str]:
    """Ask, remember, and tell what changed; return what was told."""
    try:
        lists = read_lists(settings.MAIL_BLOCKLISTS)
    except ListError as error:
        log.error("MAIL_BLOCKLISTS cannot be read", extra={"reason": str(error)})  # noqa: TRY400 - one line says it
        return []
    if not lists:
        services.forget_others(zones=(), addresses=())
        return []
    # One that remembers nothing: a removal from a list is waited for.
    resolver = resolver or Resolver()
    addresses, fault = _addresses(resolver)
    if fault:
        log.warning("own addresses not known", extra={"reason": fault})
        return []
    services.forget_others(zones=[one.zone for one in lists], addresses=addresses)
    if not may_go_on():
        return []
    told: list[str] = []
    for checked in asyncio.run(_ask(resolver, lists, addresses)):
        told += services.keep(checked=checked, now=now)
    return told


async def _ask(resolver: Resolver, lists: Sequence[Blocklist], addresses: Sequence[str]) -> Sequence[Checked]:
    inquiries = (resolver.run(check_blocklist(one, addresses), seconds=SECONDS) for one in lists)
    return await asyncio.gather(*inquiries)


def _addresses(resolver: Resolver) -> tuple[list[str], str]:
    """Return the addresses our mail leaves from, and why they are not known."""
    found, fault = list(settings.MAIL_OUTBOUND_ADDRESSES), ""
    if not found:
        found, fault = resolver.run_sync(_of_host(settings.MAIL_HOSTNAME.lower()))
    public = [address for address in found if _is_public(address)]
    return list(dict.fromkeys(public))[:MOST_ADDRESSES], fault


def _of_host(host: str) -> Inquiry[tuple[list[str], str]]:
    found: list[str] = []
    for kind in ("A", "AAAA"):
        answer = yield Lookup(host, kind)
        if answer.status is Status.FAULT:
            return [], answer.reason or answer.status.value
        found += answer.texts
    return found, ""


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return False
    return not any(ip in network for network in _WITHIN)
