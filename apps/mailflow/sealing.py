"""Mail that an alias leads elsewhere is sealed (ARC, RFC 8617): what we found when it came, in the alias' domain's name.

Without a seal the next server sees only our address and a sender whose SPF does not name us. Sealing stops nothing: what
cannot be sealed goes on as it is, and the log says so.
"""

import asyncio
import datetime as dt
import logging

from apps.domains import keys
from apps.events.transactions import Database
from apps.protocols.mailauth.arc.results import ArcResult
from apps.protocols.mailauth.arc.seal import seal
from apps.protocols.mailauth.dkim.keys import Signer
from apps.protocols.mailauth.results import Findings
from apps.queue.models import Lane

from .arrivals import Transaction
from .signing import INLINE_BYTES

log = logging.getLogger(__name__)


def domains_of(transaction: Transaction) -> list[str]:
    """Return the domains of the aliases that lead a message elsewhere, each once."""
    written = [
        address
        for place in transaction.places.values()
        if place.lane == Lane.REMOTE
        for address in transaction.written.get(place.address, ())
    ]
    return list(dict.fromkeys(address.rpartition("@")[2].lower() for address in written))


async def sealed(
    database: Database,
    transaction: Transaction,
    body: bytes,
    *,
    results: Findings,
    chain: ArcResult,
    now: dt.datetime,
) -> bytes:
    """Return the fields that go in front of a message, if it is led elsewhere and one of the domains signs."""
    for domain in domains_of(transaction):
        try:
            signers = await keys.signers_for(database, domain)
            if not signers:
                continue
            # By RSA, where there is a choice: RFC 8617 names no other algorithm.
            return await _seal(body, results.text, chain, signers[0], now)
        except Exception:
            log.exception("not sealed", extra={"domain": domain})
    return b""


async def _seal(body: bytes, results: str, chain: ArcResult, signer: Signer, now: dt.datetime) -> bytes:
    def run() -> bytes:
        return seal(body, results=results, chain=chain, signer=signer, now=int(now.timestamp()))

    return run() if len(body) <= INLINE_BYTES else await asyncio.to_thread(run)
