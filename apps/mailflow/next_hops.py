"""Where a domain's mail may be handed over, best first, and what each session is held to."""

import ipaddress
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from apps.domains.mta_sts.policies import Held, Policies
from apps.domains.reaching import may_reach
from apps.domains.resolver import Resolver
from apps.protocols.mailauth.dane import Found, Records, find_tlsa
from apps.protocols.mailauth.lookups import Answer, Status
from apps.protocols.mailauth.tls_sessions import PolicyKind, TlsResult, TlsSession
from apps.protocols.smtp.replies import TRY_LATER, Reply
from apps.protocols.smtp.routes import Routes
from apps.protocols.smtp.targets import Hosts, Problem, find_addresses, find_hosts

from .outbound_tls import LENIENT, Demand, Terms, terms_of

log = logging.getLogger(__name__)

PROBLEMS: Mapping[Problem, Reply] = {
    Problem.NULL_MX: Reply(556, "5.1.10", "The domain does not accept mail"),
    Problem.NO_DOMAIN: Reply(550, "5.1.2", "The domain does not exist"),
    Problem.NO_HOST: Reply(550, "5.4.4", "The domain has no mail server"),
    Problem.LOOPS_BACK: Reply(
        554, "5.4.6", "The domain's mail server is this server, which does not serve it"
    ),
    Problem.DNS_FAULT: Reply(451, "4.4.3", "The domain cannot be looked up at the moment"),
}
NOT_PUBLIC = Reply(550, "5.4.4", "The domain's mail server has no address in the Internet")
NO_ADDRESS = Reply(451, "4.4.3", "The mail server's address cannot be looked up at the moment")

type Note = Callable[[Sequence[TlsSession]], Awaitable[None]]
"""Keeps what sessions came to, for the reports that other domains want (RFC 8460)."""


async def log_sessions(sessions: Sequence[TlsSession]) -> None:
    """Say in the log how sessions failed; where nothing else keeps them."""
    for one in sessions:
        if one.result and not (one.policy is PolicyKind.NONE and one.result is TlsResult.NO_STARTTLS):
            log.info(
                "TLS session failed",
                extra={
                    "domain": one.domain,
                    "policy": one.policy.value,
                    "host": one.host,
                    "result": one.result.value,
                    "reason": one.reason,
                },
            )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of one host to try, and what a session with it is held to."""

    name: str
    address: str
    port: int
    terms: Terms = LENIENT

    def __str__(self) -> str:
        return f"{self.name}[{self.address}]:{self.port}"


@dataclass(frozen=True, slots=True)
class NextHops:
    """Finds them. Without `policies` nobody's MTA-STS policy is asked for, without `dane` nobody's TLSA records."""

    resolver: Resolver
    own_name: str
    routes: Routes
    port: int = 25
    policies: Policies | None = None
    dane: bool = True
    verified: Collection[str] = ()
    """Domains, or `*`, whose mail goes by TLS with a certificate that holds, or not at all."""

    async def find(self, domain: str, demand: Demand, note: Note) -> AsyncIterator[Endpoint | Reply]:
        """Yield what to try, looked up only when it is its turn; a Reply says why a step gave nothing."""
        hop = self.routes.find(domain)
        port = hop.port if hop else self.port
        if demand is Demand.USUAL and (domain in self.verified or "*" in self.verified):
            demand = Demand.VERIFIED
        held = Held()
        if hop is None:
            hosts = await self.resolver.run(
                find_hosts(domain, own_name=self.own_name, shuffle=random.SystemRandom().shuffle)
            )
        else:
            hosts = Hosts((hop.host,), is_secure=True)  # The operator named it.
        if hosts.problem is not None:
            yield PROBLEMS[hosts.problem]
            return
        if hop is None and self.policies is not None and demand is not Demand.OPTIONAL:
            try:
                held = await self.policies.find(domain)
            except psycopg.Error as error:
                log.warning("MTA-STS policy not known", extra={"domain": domain, "error": str(error)})
                yield TRY_LATER
                return
        if held.result:
            await note([TlsSession(domain, PolicyKind.MTA_STS, result=held.result, reason=held.problem)])
        for name in hosts.names:
            found = await self._addresses(name)
            addresses = found.texts if found.status is Status.FOUND else ()
            if not addresses:
                yield NO_ADDRESS
                continue
            records = Records(Found.NOTHING)
            if self.dane and hosts.is_secure and demand is not Demand.OPTIONAL:
                records = await self.resolver.run(find_tlsa(name, port, found))
            terms = terms_of(demand, domain, name, records=records, held=held, is_authentic=hosts.is_secure)
            # A host that the operator named may lie anywhere, one that DNS named must not be within our walls.
            public = [address for address in addresses if hop is not None or may_reach(address)]
            if not public:
                log.warning(
                    "mail host not public", extra={"domain": domain, "host": name, "addresses": addresses}
                )
                yield NOT_PUBLIC
            for address in public:
                yield Endpoint(name, address, port, terms)

    async def _addresses(self, name: str) -> Answer:
        try:
            return Answer(Status.FOUND, (str(ipaddress.ip_address(name)),))
        except ValueError:
            pass
        if name == "localhost":
            return Answer(Status.FOUND, ("127.0.0.1",))
        return await self.resolver.run(find_addresses(name))
