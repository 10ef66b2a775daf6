"""Ask everything about a message once, before it is judged; never judge.

What must ask the network belongs here; `policy` decides on what was found. All checks together have a deadline: what is
late is a temporary error, and never a verdict. Signatures are checked on the bytes as they were received.
"""

import asyncio
import datetime as dt
import ipaddress
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

from apps.domains.resolver import Resolver
from apps.protocols.mailauth.arc.chain import KINDS
from apps.protocols.mailauth.arc.results import Arc, ArcResult
from apps.protocols.mailauth.arc.verify import check_arc
from apps.protocols.mailauth.bimi import BimiResult, check_bimi
from apps.protocols.mailauth.dkim.letter import Letter
from apps.protocols.mailauth.dkim.results import Dkim, DkimResult
from apps.protocols.mailauth.dkim.verify import check_dkim
from apps.protocols.mailauth.dmarc import By, DmarcResult, Policy, check_dmarc
from apps.protocols.mailauth.iprev import IprevResult, check_iprev
from apps.protocols.mailauth.results import Findings
from apps.protocols.mailauth.spf import Spf, SpfResult, check_spf
from apps.protocols.mime.headers import BLANK, HEADER, MBOX_LINE, ended, header_end
from apps.protocols.mime.scan import Scanned, scan

from .authors import authors_of, read_authors
from .forged import may_be_forged, without_forged

log = logging.getLogger(__name__)

# Search text is read again when the message is filed.
TEXT_LIMIT = 0
# Below this, hashing and scanning take less time than a thread does to be asked.
INLINE_BYTES = 64 * 1024
NOTHING = SpfResult(Spf.NONE, "", "mfrom")
UNSEALED = Letter(b"")
NO_PICTURE = BimiResult("skipped")
PICTURE_SECONDS = 2.0
"""What is only to be looked at must not keep mail waiting for longer."""

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Checked:
    """What asking about a stranger's message came to."""

    spf: SpfResult
    dkim: tuple[DkimResult, ...]
    dmarc: DmarcResult
    arc: ArcResult
    iprev: IprevResult
    bimi: BimiResult = NO_PICTURE
    doubt: str = ""
    """Why there is not one author's domain (apps/mailflow/authors), or ''."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a message when it is judged; `checked` is None where nobody asked, as for our users' mail."""

    scanned: Scanned
    checked: Checked | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a stranger says of a message: whence it comes, and from whom."""

    address: str
    helo: str
    sender: str


async def examine(body: bytes) -> Facts:
    """Find the facts of a message that nobody has to be asked about."""
    if len(body) > INLINE_BYTES:
        return Facts(await asyncio.to_thread(scan, body, text_limit=TEXT_LIMIT))
    return Facts(scan(body, text_limit=TEXT_LIMIT))


class Examiner:
    """Checks who strangers are: one for a process, for the resolver's cache is what makes it cheap."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        hostname: str,
        seconds: float,
        relays: Sequence[str],
        by: By = By.TREE_WALK,
    ) -> None:
        self._resolver = resolver
        self._hostname = hostname
        self._seconds = seconds
        self._relays = networks(relays)
        self._by = by

    def is_relay(self, address: str) -> bool:
        """Whether a host passes on what others sent: its own address says nothing about them."""
        return lies_in(address, self._relays)

    def cleaned(self, body: bytes) -> bytes:
        """Return the message without results that claim to be ours (RFC 8601 5), its header ended for every reader."""
        head = HEADER.match(body)
        at = head.end() if head else 0
        if not may_be_forged(body[:at]) and BLANK.match(body, at) and not MBOX_LINE.match(body):
            # Most mail: it is as it should be, which is soon seen.
            return body
        return ended(without_forged(body, self._hostname))

    async def check(self, claims: Claims, body: bytes, now: dt.datetime) -> Checked:
        """Check who sent a message, by all there is; takes hardly longer than it may.

        What the resolver remembers is answered at once: most mail comes from who wrote before, and is checked without
        a task or a turn of the loop.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._seconds
        at, large = int(now.timestamp()), len(body) > INLINE_BYTES
        run, seconds = self._resolver.run, self._seconds
        letter = body if large else Letter(body)
        if isinstance(letter, Letter):
            sealed = any(map(letter.places, KINDS))
            authors = read_authors([raw.partition(b":")[2] for name, raw in letter.fields if name == b"from"])
        else:
            sealed, authors = _is_sealed(body), authors_of(body)
        said = check_spf(
            claims.address, sender=claims.sender, helo=claims.helo, receiver=self._hostname, now=at
        )
        spf, dkim, arc, iprev = (
            _started(run(said, seconds=seconds), SpfResult(Spf.TEMPERROR, "", "mfrom")),
            _started(
                run(check_dkim(letter, at), seconds=seconds, in_thread=large), (DkimResult(Dkim.TEMPERROR),)
            ),
            _started(
                run(
                    check_arc(letter if sealed else UNSEALED, at), seconds=seconds, in_thread=large and sealed
                ),
                ArcResult(Arc.TEMPERROR),
            ),
            _started(run(check_iprev(claims.address), seconds=seconds), IprevResult("temperror")),
        )
        waiting: list[asyncio.Task[Any]] = [one for one in (spf, dkim, arc, iprev) if not one.done()]
        if waiting:
            # Policies are asked for meanwhile: a stranger whose own name servers are slow must not leave them no time.
            waiting.append(
                _started(run(check_dmarc(authors.domains, NOTHING, (), by=self._by), seconds=seconds), None)
            )
            await asyncio.gather(*waiting)
        left = max(0.0, ends - loop.time())
        dmarc = await _sound(
            run(check_dmarc(authors.domains, spf.result(), dkim.result(), by=self._by), seconds=left),
            DmarcResult("temperror"),
        )
        bimi = NO_PICTURE
        doubt = authors.doubt
        if not doubt:
            left = min(PICTURE_SECONDS, max(0.0, ends - loop.time()))
            bimi = await _sound(run(check_bimi(authors.domains[0], dmarc), seconds=left), NO_PICTURE)
        return Checked(spf.result(), dkim.result(), dmarc, arc.result(), iprev.result(), bimi, doubt)

    def results(self, claims: Claims, checked: Checked, *, is_followed: bool = True) -> Findings:
        """Return what was found as it is told (RFC 8601); a fault's reason names our resolvers, and stays here.

        The policy it names is the one that was followed.
        """
        dmarc = checked.dmarc if is_followed else replace(checked.dmarc, policy=Policy.NONE)
        return Findings(
            self._hostname,
            _quiet(checked.spf),
            tuple(map(_quiet, checked.dkim)),
            _quiet(dmarc),
            _quiet(checked.arc),
            _quiet(checked.iprev),
            claims.address,
        )


def _quiet[T: (SpfResult, DkimResult, DmarcResult, ArcResult, IprevResult)](said: T) -> T:
    word = said.result.value if isinstance(said.result, Enum) else said.result
    return replace(said, reason="") if word == "temperror" else said


async def _sound[T, U](check: Coroutine[Any, Any, T], otherwise: U) -> T | U:
    """Return what a check came to; a fault of ours in one of them is in the log, and stops no mail."""
    try:
        return await check
    except Exception:
        log.exception("a check broke off")
        return otherwise


def _started[T, U](check: Coroutine[Any, Any, T], otherwise: U) -> asyncio.Task[T | U]:
    """Begin a check, and end it if nobody has to be asked: then it never waits for a turn of the loop."""
    return asyncio.Task(_sound(check, otherwise), loop=asyncio.get_running_loop(), eager_start=True)


def _is_sealed(body: bytes) -> bool:
    """Whether there can be a chain: most mail has none, and need not be taken apart a second time to find that out."""
    return b"\narc-" in b"\n" + body[: header_end(body)].lower()


def networks(words: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks."""
    return tuple([ipaddress.ip_network(word, strict=False) for word in words])


def lies_in(address: str, where: Sequence[Network]) -> bool:
    """Whether an address lies in one of these; IPv4 within IPv6 is IPv4."""
    ip = _parsed(address)
    return ip is not None and any(ip.version == network.version and ip in network for network in where)


@lru_cache(1024)
def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip
