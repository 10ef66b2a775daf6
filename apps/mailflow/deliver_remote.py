"""The courier to the Internet: find the hosts of a domain, try them in order, one conversation at a time."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from apps.domains.mta_sts.fetching import web_tls
from apps.protocols.mailauth.tls_sessions import TlsResult
from apps.protocols.mime import headers
from apps.protocols.smtp.replies import TRY_LATER, Reply
from apps.queue.couriers import Carried, Deferred, Delivered, Failed, Outcome, Parcel

from .next_hops import Endpoint, NextHops, Note, log_sessions
from .outbound_tls import LENIENT, Demand, Terms, open_session, session
from .smtp_client import LOST, NO_REQUIRETLS, HostUnusable, Letter, SmtpClient, Timeouts, TlsFailed, To

log = logging.getLogger(__name__)

# How long the parcels of one claim may take: a host that is slow, yet never silent, would hold them for ever.
MAX_SECONDS = 240.0
MAX_RECIPIENTS = 100  # Every server takes this many (RFC 5321 4.5.3.1.8).

TOO_SLOW = Reply(451, "4.4.2", "The mail server took too long")
NOTHING_TO_TRY = Reply(451, "4.4.1", "No mail server of the domain could be reached")


class BrokeOff(HostUnusable):
    """A conversation that had begun came to an early end; `message_id` is what was being sent, if it was to blame."""

    def __init__(self, reply: Reply, message_id: int | None) -> None:
        super().__init__(reply)
        self.message_id = message_id


@dataclass(slots=True)
class RemoteCourier:
    """Carries parcels to other servers. `load` returns a parcel's bytes, trace headers first."""

    hops: NextHops
    load: Callable[[Parcel], Awaitable[bytes]]
    timeouts: Timeouts = field(default_factory=Timeouts)
    note: Note = log_sessions
    verifying: Callable[[], ssl.SSLContext] = web_tls
    max_seconds: float = MAX_SECONDS

    def destination(self, domain: str) -> str:
        """Return what parcels may share a conversation by: the smarthost of a domain, or the domain."""
        hop = self.hops.routes.find(domain)
        return str(hop) if hop else domain

    async def deliver(self, parcels: Sequence[Parcel]) -> AsyncGenerator[Sequence[Carried]]:
        """Carry parcels of one destination; tell what became of each message once its server has answered."""
        ends = asyncio.get_running_loop().time() + self.max_seconds
        strict = [parcel for parcel in parcels if parcel.envelope.requiretls]
        usual = [parcel for parcel in parcels if not parcel.envelope.requiretls]
        for demand, some in ((Demand.USUAL, usual), (Demand.REQUIRED, strict)):
            if some:
                async with contextlib.aclosing(self._carry(some, demand, ends)) as carrying:
                    async for carried in carrying:
                        yield carried

    async def _carry(
        self, parcels: Sequence[Parcel], demand: Demand, ends: float
    ) -> AsyncGenerator[Sequence[Carried]]:
        left = {parcel.id: parcel for parcel in parcels}
        last = NOTHING_TO_TRY
        last_host = ""
        may_be_mended = False
        domain = parcels[0].recipient.domain
        clock = asyncio.get_running_loop().time
        async for endpoint in self.hops.find(domain, demand, self.note):
            if isinstance(endpoint, Reply):
                last, last_host = endpoint, ""
                may_be_mended |= last.is_temporary
                continue
            suspects: set[int] = set()
            relaxed: dict[int, Parcel] | None = None
            while left:
                # What broke a connection goes last over the next one, so that it takes no other message along.
                going = left if relaxed is None else relaxed
                terms = endpoint.terms if relaxed is None else LENIENT
                ordered = sorted(going.values(), key=lambda parcel: parcel.message_id in suspects)
                carrying = self._converse(endpoint, terms, ordered, lambda: clock() > ends)
                try:
                    async with contextlib.aclosing(carrying):
                        async for carried in carrying:
                            for parcel, _ in carried:
                                del left[parcel.id]
                                if relaxed is not None:
                                    del relaxed[parcel.id]
                            yield carried
                    if not relaxed:
                        break
                except BrokeOff as error:
                    last, last_host = error.reply, str(endpoint)
                    if error.message_id is not None:
                        suspects.add(error.message_id)
                    is_hopeless = len(going) == len(ordered) and (
                        len(suspects) > 1 or error.reply.code == 421
                    )
                    is_all = all(parcel.message_id in suspects for parcel in going.values())
                    if is_hopeless or is_all or clock() > ends:
                        break
                except HostUnusable as error:
                    last, last_host = error.reply, str(endpoint)
                    log.info("host unusable", extra={"host": str(endpoint), "reply": str(error.reply)})
                    if relaxed is None and isinstance(error, TlsFailed) and demand is Demand.USUAL:
                        relaxed = await self._lenient(left)
                        if relaxed:
                            continue
                    if last == NO_REQUIRETLS or (last is terms.refusal and not last.is_temporary):
                        last_host = ""  # Ours to say, and that it lasts.
                    break
            if not left:
                return
            may_be_mended |= last.is_temporary or bool(last_host)
            if clock() > ends:
                break
        # A host that greets with 5xx may be mended; only a recipient is refused for good. Problems of ours or of
        # DNS say themselves whether they last, and count only where no host could do better next time.
        is_final = not last_host and last.code >= 500 and not may_be_mended
        if last.code >= 500 and not last_host and may_be_mended:
            last = NOTHING_TO_TRY
        rest: Outcome = Failed(last, last_host) if is_final else Deferred(last, last_host)
        yield [(parcel, rest) for parcel in left.values()]

    async def _lenient(self, left: dict[int, Parcel]) -> dict[int, Parcel]:
        """Return those whose sender would rather have them read on the way than not delivered (RFC 8689 4.2.2)."""
        wishes: dict[int, bool] = {}
        for parcel in left.values():
            if parcel.message_id not in wishes:
                letter = await self._letter([parcel])
                wishes[parcel.message_id] = letter is not None and says_tls_is_optional(letter.data)
        return {parcel.id: parcel for parcel in left.values() if wishes[parcel.message_id]}

    async def _open(self, endpoint: Endpoint, terms: Terms, domain: str) -> SmtpClient:
        """Open a session that meets the terms, and note what came of it."""
        here = domain, endpoint.name, endpoint.address
        if terms.refusal is not None:
            await self.note([session(terms, *here, result=terms.result, reason=terms.refusal.text)])
            raise TlsFailed(terms.refusal)

        def make() -> SmtpClient:
            return SmtpClient(self.hops.own_name, self.timeouts)

        try:
            client = await open_session(
                make, endpoint.address, endpoint.port, endpoint.name, terms, verifying=self.verifying
            )
        except TlsFailed as error:
            await self.note([session(terms, *here, result=error.result, reason=error.reason)])
            if terms.is_test:
                client = await self._open_anyhow(make, endpoint)
            elif terms.is_opportunistic:
                client = make()
                await client.open(endpoint.address, endpoint.port, tls=None)
            else:
                raise
        else:
            result = terms.result if client.is_tls else TlsResult.NO_STARTTLS
            await self.note([session(terms, *here, result=result)])
        if terms.wants_promise and "REQUIRETLS" not in client.capabilities:
            client.abort()
            raise HostUnusable(NO_REQUIRETLS)
        return client

    @staticmethod
    async def _open_anyhow(make: Callable[[], SmtpClient], endpoint: Endpoint) -> SmtpClient:
        try:
            return await open_session(make, endpoint.address, endpoint.port, endpoint.name, LENIENT)
        except TlsFailed:
            client = make()
            await client.open(endpoint.address, endpoint.port, tls=None)
            return client

    async def _converse(
        self, endpoint: Endpoint, terms: Terms, parcels: Sequence[Parcel], is_over: Callable[[], bool]
    ) -> AsyncGenerator[Sequence[Carried]]:
        """Send what is left over one connection, telling the outcomes of each message as soon as they are known."""
        client = await self._open(endpoint, terms, parcels[0].recipient.domain)
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
            first.envelope.smtputf8 and not data[: headers.header_end(data)].isascii()
        )
        return Letter(
            first.envelope.sender,
            [To(p.recipient.address, p.recipient.notify, p.recipient.orcpt) for p in group],
            data,
            smtputf8=needs_utf8,
            ret=first.envelope.ret,
            envid=first.envelope.envid,
            requiretls=first.envelope.requiretls,
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


def says_tls_is_optional(data: bytes) -> bool:
    """Whether a message's header has `TLS-Required: No` (RFC 8689 5)."""
    match = headers.HEADER.match(data)
    value = headers.first(match[0], b"tls-required") if match else None
    return value is not None and value.strip().lower() == b"no"


def judge(reply: Reply, host: str) -> Outcome:
    """Read a server's last word about a recipient."""
    if 200 <= reply.code < 300:
        return Delivered(reply, host)
    if reply.code >= 500:
        return Failed(reply, host)
    return Deferred(reply, host)
