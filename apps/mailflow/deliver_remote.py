"""The courier to the Internet: find the hosts of a domain, try them in order, one conversation at a time."""

import asyncio
import contextlib
import ipaddress
import logging
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.lookups import Status
from apps.protocols.mime.headers import header_end
from apps.protocols.smtp.replies import TRY_LATER, Reply
from apps.protocols.smtp.routes import Routes
from apps.protocols.smtp.targets import Hosts, Problem, find_addresses, find_hosts
from apps.queue.couriers import Carried, Deferred, Delivered, Failed, Outcome, Parcel

from .smtp_client import LOST, HostUnusable, Letter, SmtpClient, Timeouts, TlsFailed, To

log = logging.getLogger(__name__)

# How long the parcels of one claim may take: a host that is slow, yet never silent, would hold them for ever.
MAX_SECONDS = 240.0
MAX_RECIPIENTS = 100  # Every server takes this many (RFC 5321 4.5.3.1.8).

PROBLEMS: Mapping[Problem, Reply] = {
    Problem.NULL_MX: Reply(556, "5.1.10", "The domain does not accept mail"),
    Problem.NO_DOMAIN: Reply(550, "5.1.2", "The domain does not exist"),
    Problem.NO_HOST: Reply(550, "5.4.4", "The domain has no mail server"),
    Problem.LOOPS_BACK: Reply(
        554, "5.4.6", "The domain's mail server is this server, which does not serve it"
    ),
    Problem.DNS_FAULT: Reply(451, "4.4.3", "The domain cannot be looked up at the moment"),
}
NO_ADDRESS = Reply(451, "4.4.3", "The mail server's address cannot be looked up at the moment")
TOO_SLOW = Reply(451, "4.4.2", "The mail server took too long")
NOTHING_TO_TRY = Reply(451, "4.4.1", "No mail server of the domain could be reached")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of one host to try."""

    name: str
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}[{self.address}]:{self.port}"


class BrokeOff(HostUnusable):
    """A conversation that had begun came to an early end; `message_id` is what was being sent, if it was to blame."""

    def __init__(self, reply: Reply, message_id: int | None) -> None:
        super().__init__(reply)
        self.message_id = message_id


def opportunistic_tls() -> ssl.SSLContext:
    """Return a context that encrypts without asking who is there: better than the clear, no promise."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(slots=True)
class RemoteCourier:
    """Carries parcels to other servers. `load` returns a parcel's bytes, trace headers first."""

    resolver: Resolver
    load: Callable[[Parcel], Awaitable[bytes]]
    own_name: str
    routes: Routes
    port: int = 25
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: ssl.SSLContext = field(default_factory=opportunistic_tls)
    max_seconds: float = MAX_SECONDS

    def destination(self, domain: str) -> str:
        """Return what parcels may share a conversation by: the smarthost of a domain, or the domain."""
        hop = self.routes.find(domain)
        return str(hop) if hop else domain

    async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
        """Carry parcels of one destination; tell what became of each message once its server has answered."""
        left = {parcel.id: parcel for parcel in parcels}
        last = NOTHING_TO_TRY
        last_host = ""
        clock = asyncio.get_running_loop().time
        ends = clock() + self.max_seconds
        async for endpoint in self._endpoints(parcels[0].recipient.domain):
            if isinstance(endpoint, Reply):
                last, last_host = endpoint, ""
                continue
            suspects: set[int] = set()
            while left:
                # What broke a connection goes last over the next one, so that it takes no other message along.
                ordered = sorted(left.values(), key=lambda parcel: parcel.message_id in suspects)
                carrying = self._converse(endpoint, ordered, lambda: clock() > ends)
                try:
                    async with contextlib.aclosing(carrying):
                        async for carried in carrying:
                            for parcel, _ in carried:
                                del left[parcel.id]
                            yield carried
                except BrokeOff as error:
                    last, last_host = error.reply, str(endpoint)
                    if error.message_id is not None:
                        suspects.add(error.message_id)
                    is_hopeless = len(left) == len(ordered) and (len(suspects) > 1 or error.reply.code == 421)
                    is_all = all(parcel.message_id in suspects for parcel in left.values())
                    if is_hopeless or is_all or clock() > ends:
                        break
                except HostUnusable as error:
                    last, last_host = error.reply, str(endpoint)
                    log.info("host unusable", extra={"host": str(endpoint), "reply": str(error.reply)})
                    break
            if not left:
                return
            if clock() > ends:
                break
        # A host that greets with 5xx may be mended; only a recipient is refused for good. Problems of ours or of
        # DNS say themselves whether they last.
        rest: Outcome = (
            Failed(last, last_host) if not last_host and last.code >= 500 else Deferred(last, last_host)
        )
        yield [(parcel, rest) for parcel in left.values()]

    async def _endpoints(self, domain: str) -> AsyncIterator[Endpoint | Reply]:
        """Yield what to try, looked up only when it is its turn; a Reply says why a step gave nothing."""
        hop = self.routes.find(domain)
        port = hop.port if hop else self.port
        if hop is None:
            hosts = await self.resolver.run(
                find_hosts(domain, own_name=self.own_name, shuffle=random.SystemRandom().shuffle)
            )
        else:
            hosts = Hosts((hop.host,))
        if hosts.problem is not None:
            yield PROBLEMS[hosts.problem]
            return
        for name in hosts.names:
            addresses = await self._addresses(name)
            if not addresses:
                yield NO_ADDRESS
            for address in addresses:
                yield Endpoint(name, address, port)

    async def _addresses(self, name: str) -> tuple[str, ...]:
        try:
            return (str(ipaddress.ip_address(name)),)
        except ValueError:
            pass
        if name == "localhost":
            return ("127.0.0.1",)
        answer = await self.resolver.run(find_addresses(name))
        return answer.texts if answer.status is Status.FOUND else ()

    async def _converse(
        self, endpoint: Endpoint, parcels: Sequence[Parcel], is_over: Callable[[], bool]
    ) -> AsyncGenerator[Sequence[Carried]]:
        """Send what is left over one connection, telling the outcomes of each message as soon as they are known."""
        client = SmtpClient(self.own_name, self.timeouts)
        try:
            await client.open(endpoint.address, endpoint.port, tls=self.tls, name=endpoint.name)
        except TlsFailed:
            await client.open(endpoint.address, endpoint.port, tls=None)
        try:
            for group in by_message(parcels):
                if not client.is_open:
                    raise BrokeOff(LOST, None)
                if is_over():
                    yield [(parcel, Deferred(TOO_SLOW, str(endpoint))) for parcel in group]
                elif (letter := await self._letter(group)) is None:
                    yield [(parcel, Deferred(TRY_LATER)) for parcel in group]
                else:
                    try:
                        replies = await client.send(letter)
                    except HostUnusable as error:
                        raise BrokeOff(error.reply, group[0].message_id) from error
                    yield [(p, judge(reply, str(endpoint))) for p, reply in zip(group, replies, strict=True)]
            await client.quit()
        finally:
            client.abort()

    async def _letter(self, group: Sequence[Parcel]) -> Letter | None:
        """Load a message; None when it cannot be read now, which is no trouble of the others."""
        first = group[0]
        try:
            data = await self.load(first)
        except psycopg.OperationalError as error:
            log.warning("message not loaded", extra={"trace_id": str(first.trace_id), "error": str(error)})
            return None
        except Exception:
            log.exception("message not loaded", extra={"trace_id": str(first.trace_id)})
            return None
        addresses = [first.envelope.sender, *(parcel.recipient.address for parcel in group)]
        # Some clients always ask for SMTPUTF8; it binds the next server only where something needs it.
        needs_utf8 = not all(address.isascii() for address in addresses) or (
            first.envelope.smtputf8 and not data[: header_end(data)].isascii()
        )
        return Letter(
            first.envelope.sender,
            [To(p.recipient.address, p.recipient.notify, p.recipient.orcpt) for p in group],
            data,
            smtputf8=needs_utf8,
            ret=first.envelope.ret,
            envid=first.envelope.envid,
        )


def by_message(parcels: Sequence[Parcel]) -> list[list[Parcel]]:
    """Put the parcels of one message together, in order: it is sent once for up to 100 recipients."""
    groups: dict[int, list[Parcel]] = {}
    for parcel in parcels:
        groups.setdefault(parcel.message_id, []).append(parcel)
    return [
        group[start : start + MAX_RECIPIENTS]
        for group in groups.values()
        for start in range(0, len(group), MAX_RECIPIENTS)
    ]


def judge(reply: Reply, host: str) -> Outcome:
    """Read a server's last word about a recipient."""
    if 200 <= reply.code < 300:
        return Delivered(reply, host)
    if reply.code >= 500:
        return Failed(reply, host)
    return Deferred(reply, host)
