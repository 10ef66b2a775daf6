"""Asks DNS for one process, and drives the inquiries of evaluators, on a loop or in a thread."""

import asyncio
import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.resolver
from django.conf import settings

from apps.protocols.mailauth.lookups import Answer, Inquiry, Lookup, Status

from .cache import Cache
from .flights import Flights, InHurryError, TooBusyError
from .reading import fault, read, read_failure, to_name
from .servers import are_trusted, nameservers, of_the_system

LOOKUP_SECONDS = 10.0
INQUIRY_SECONDS = 20.0
OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class _End[T]:
    """What an inquiry came to."""

    value: T


def _next[T](inquiry: Inquiry[T], answer: Answer | None) -> Lookup | _End[T]:
    try:
        return next(inquiry) if answer is None else inquiry.send(answer)
    except StopIteration as stop:
        return _End(cast("T", stop.value))


class Resolver:
    """Asks DNS for one process. Both drivers share one cache.

    Servers and trust are settings of this installation unless given. dnspython asks, by UDP and again by TCP what was
    cut off; answers with another id, from elsewhere or to another question it does not hear (RFC 5452).
    """

    def __init__(self, configured: Sequence[str] | None = None, trusted: Sequence[str] | None = None) -> None:
        servers = nameservers(settings.MAIL_DNS_SERVERS if configured is None else configured)
        servers = servers or of_the_system()
        self._is_trusted = are_trusted(servers, settings.MAIL_DNS_TRUSTED if trusted is None else trusted)
        self._has_servers = bool(servers)
        self._cache = Cache()
        self._flights = Flights()
        self._async = dns.asyncresolver.Resolver(configure=False)
        self._sync = dns.resolver.Resolver(configure=False)
        for resolver in (self._async, self._sync):
            resolver.nameservers = servers
            resolver.cache = None
            resolver.search = []
            resolver.use_edns(0, 0, 1232)
            # AD asks for the server's own judgement without the signatures it rests on (RFC 6840 5.7), which DO would
            # bring along: they make answers so large that each would be asked again by TCP.
            resolver.set_flags(dns.flags.RD | (dns.flags.AD if self._is_trusted else 0))

    async def ask(self, lookup: Lookup) -> Answer:
        """Answer one question on the loop; never raises, takes hardly more than 10 seconds."""
        if (known := self._cache.get(lookup)) is not None:
            return known
        try:
            async with asyncio.timeout(LOOKUP_SECONDS + 1):
                return await self._flights.share(lookup, lambda: self._asked(lookup))
        except TimeoutError:
            return fault(lookup, OUT_OF_TIME)
        except TooBusyError as error:
            return fault(lookup, str(error))

    def ask_sync(self, lookup: Lookup, *, seconds: float = LOOKUP_SECONDS) -> Answer:
        """Answer one question in a thread or a command."""
        if (known := self._cache.get(lookup)) is not None:
            return known
        try:
            return self._flights.share_sync(lookup, lambda left: self._asked_sync(lookup, left), seconds)
        except InHurryError:
            return fault(lookup, OUT_OF_TIME)
        except TooBusyError as error:
            return fault(lookup, str(error))

    async def run[T](
        self, inquiry: Inquiry[T], *, seconds: float = INQUIRY_SECONDS, in_thread: bool = False
    ) -> T:
        """Answer all that an inquiry asks; what it asks after its time is up is a fault.

        `in_thread` lets an inquiry that computes for long do so beside the loop; it is still the loop that asks.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        if in_thread:
            return await self._run_in_thread(inquiry, deadline)
        try:
            lookup = next(inquiry)
            while True:
                # Most inquiries never leave this loop: all they ask is remembered.
                answer = self._cache.get(lookup)
                lookup = inquiry.send(await self._by_then(lookup, deadline) if answer is None else answer)
        except StopIteration as stop:
            return cast("T", stop.value)

    async def _run_in_thread[T](self, inquiry: Inquiry[T], deadline: float) -> T:
        step = await asyncio.to_thread(_next, inquiry, None)
        while isinstance(step, Lookup):
            answer = self._cache.get(step) or await self._by_then(step, deadline)
            step = await asyncio.to_thread(_next, inquiry, answer)
        return step.value

    async def _by_then(self, lookup: Lookup, deadline: float) -> Answer:
        """Answer a question in the time there is."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self.ask(lookup)
        except TimeoutError:
            return fault(lookup, OUT_OF_TIME, is_late=True)

    def run_sync[T](self, inquiry: Inquiry[T], *, seconds: float = INQUIRY_SECONDS) -> T:
        """Do the same in a thread or a command."""
        deadline = time.monotonic() + seconds
        try:
            lookup = next(inquiry)
            while True:
                answer = self.ask_sync(lookup, seconds=min(LOOKUP_SECONDS, deadline - time.monotonic()))
                if answer.status is Status.FAULT and time.monotonic() >= deadline:
                    answer = replace(answer, is_late=True)
                lookup = inquiry.send(answer)
        except StopIteration as stop:
            return cast("T", stop.value)

    async def _asked(self, lookup: Lookup) -> Answer:
        if not self._has_servers:
            return fault(lookup, "no name server is set")
        try:
            found = await self._async.resolve(
                to_name(lookup.name), lookup.kind, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS
            )
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            return self._keep_failure(lookup, error)
        return self._keep(lookup, found)

    def _asked_sync(self, lookup: Lookup, seconds: float) -> Answer:
        if not self._has_servers:
            return fault(lookup, "no name server is set")
        try:
            found = self._sync.resolve(
                to_name(lookup.name), lookup.kind, raise_on_no_answer=False, lifetime=seconds
            )
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            if isinstance(error, dns.exception.Timeout) and seconds < LOOKUP_SECONDS:
                raise InHurryError from error
            return self._keep_failure(lookup, error)
        return self._keep(lookup, found)

    def _keep(self, lookup: Lookup, found: dns.resolver.Answer) -> Answer:
        answer = read(lookup, found, is_trusted=self._is_trusted)
        self._cache.put(lookup, answer)
        return answer

    def _keep_failure(self, lookup: Lookup, error: Exception) -> Answer:
        answer, is_of_every_kind = read_failure(lookup, error, is_trusted=self._is_trusted)
        self._cache.put(lookup, answer, is_of_every_kind=is_of_every_kind)
        return answer


def the_resolver() -> Resolver:
    """Return the resolver of this process, for all that may be answered from its cache.

    Who looks whether somebody has just changed a record makes a Resolver of their own.
    """
    return _resolver(tuple(settings.MAIL_DNS_SERVERS), tuple(settings.MAIL_DNS_TRUSTED))


@functools.lru_cache(maxsize=4)
def _resolver(servers: tuple[str, ...], trusted: tuple[str, ...]) -> Resolver:
    return Resolver(servers, trusted)
