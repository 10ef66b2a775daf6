"""The one DNS client: cached, bounded, with an async and a sync driver for inquiries.

A fault is never read as "no record": only an authoritative "no such name" or an empty answer counts as one.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from typing import Any, cast

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver
from django.conf import settings
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Mx, Status

log = logging.getLogger(__name__)

LOOKUP_SECONDS = 10.0
INQUIRY_SECONDS = 20.0
CACHE_NAMES = 10_000


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
            servers.append(dns.nameserver.Do53Nameserver(address, int(port)))
        except ValueError:
            raise ResolverSettingError(f"MAIL_DNS_SERVERS: {entry!r} is not an address") from None
    return servers


class Resolver:
    """Asks DNS for one process. Both drivers share one cache."""

    def __init__(self, configured: Sequence[str] | None = None) -> None:
        servers = nameservers(settings.MAIL_DNS_SERVERS if configured is None else configured)
        self._cache = dns.resolver.LRUCache(CACHE_NAMES)
        self._async = dns.asyncresolver.Resolver(configure=not servers)
        self._sync = dns.resolver.Resolver(configure=not servers)
        for resolver in (self._async, self._sync):
            if servers:
                resolver.nameservers = servers
            resolver.cache = self._cache
            resolver.search = []
            resolver.use_edns(0, 0, 1232)

    async def ask(self, lookup: Lookup) -> Answer:
        """Answer one question on the loop; never raises, takes at most 10 seconds."""
        try:
            return _read(
                await self._async.resolve(
                    lookup.name + ".", lookup.kind, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS
                )
            )
        except (dns.exception.DNSException, OSError) as error:
            return _failure(lookup, error)

    def ask_sync(self, lookup: Lookup) -> Answer:
        """Answer one question in a thread or a command."""
        try:
            return _read(
                self._sync.resolve(
                    lookup.name + ".", lookup.kind, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS
                )
            )
        except (dns.exception.DNSException, OSError) as error:
            return _failure(lookup, error)

    async def run[T](self, inquiry: Inquiry[T], *, seconds: float = INQUIRY_SECONDS) -> T:
        """Answer all that an inquiry asks; what it asks after its time is up is a fault."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        try:
            lookup = next(inquiry)
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        answer = await self.ask(lookup)
                except TimeoutError:
                    answer = Answer(Status.FAULT, reason=f"{lookup.kind} {lookup.name}: out of time")
                lookup = inquiry.send(answer)
        except StopIteration as stop:
            return cast("T", stop.value)

    def run_sync[T](self, inquiry: Inquiry[T]) -> T:
        """Do the same in a thread or a command."""
        try:
            lookup = next(inquiry)
            while True:
                lookup = inquiry.send(self.ask_sync(lookup))
        except StopIteration as stop:
            return cast("T", stop.value)


def _read(found: dns.resolver.Answer) -> Answer:
    if found.rrset is None:
        return Answer(Status.NO_DATA)
    return Answer(Status.FOUND, tuple(_record(item) for item in found.rrset))


def _record(item: Any) -> str | Mx:
    if isinstance(item, MX):
        name = item.exchange.to_text(omit_final_dot=True).lower()
        return Mx(item.preference, "." if name in {"", "@", "."} else name)
    if isinstance(item, TXT):
        return b"".join(item.strings).decode("utf-8", "surrogateescape")
    return str(item.to_text()).removesuffix(".")


def _failure(lookup: Lookup, error: Exception) -> Answer:
    if isinstance(error, dns.resolver.NXDOMAIN):
        return Answer(Status.NO_DOMAIN)
    reason = f"{lookup.kind} {lookup.name}: {type(error).__name__}: {error}"
    log.info("dns fault", extra={"reason": reason})
    return Answer(Status.FAULT, reason=reason)
