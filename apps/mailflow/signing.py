"""Mail that leaves is signed for the domains in its From, twice: by RSA for everybody, by Ed25519 for who reads it.

Nothing here stops mail: what cannot be signed leaves as it is, and the log says so.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from apps.domains import keys
from apps.events.transactions import Database, Plan
from apps.protocols.addresses import Address, AddressError
from apps.protocols.mailauth.dkim.keys import Signer
from apps.protocols.mailauth.dkim.sign import sign
from apps.protocols.mime.addresslist import parse_addresses, spec_text
from apps.protocols.mime.headers import HEADER, every

log = logging.getLogger(__name__)

# Below this a signature takes less time than a thread does to be asked.
INLINE_BYTES = 64 * 1024
MOST_DOMAINS = 4
MOST_AUTHORS = 20


def domains_of(body: bytes) -> list[str]:
    """Return the domains of a message's authors, in order and each once."""
    match = HEADER.match(body)
    found: dict[str, None] = {}
    for field in every(match[0], b"from")[:1] if match else ():
        for text in map(spec_text, parse_addresses(field, MOST_AUTHORS)):
            try:
                found.setdefault(Address.parse(text).domain)
            except AddressError:
                continue
    return list(found)[:MOST_DOMAINS]


def signature(body: bytes, signers: Iterable[Signer], now: dt.datetime) -> bytes:
    """Return the fields that go in front of a message; one signer's trouble leaves the other's signature."""
    fields = b""
    signers = tuple(signers)
    try:
        return sign(body, signers, int(now.timestamp()))
    except Exception:
        if len(signers) == 1:
            log.exception("not signed", extra={"domain": signers[0].domain, "selector": signers[0].selector})
            return b""
    for signer in signers:
        fields += signature(body, [signer], now)
    return fields


def signed(body: bytes, domains: Sequence[str], now: dt.datetime) -> Plan[bytes]:
    """Find who signs for these domains and sign, within a plan."""
    found: list[Signer] = []
    for domain in domains:
        found += yield from keys.signers(domain)
    return signature(body, dict.fromkeys(found), now)


async def signed_on_loop(database: Database, body: bytes, now: dt.datetime) -> bytes:
    """Sign for a message's authors on a listener's loop, which other clients wait for, too."""
    found: list[Signer] = []
    for domain in domains_of(body):
        try:
            found += await keys.signers_for(database, domain)
        except Exception:
            # The database is away: the message itself will hear of that, and not from us.
            log.exception("keys not loaded", extra={"domain": domain})
    if len(body) <= INLINE_BYTES or not found:
        return signature(body, dict.fromkeys(found), now)
    return await asyncio.to_thread(signature, body, tuple(dict.fromkeys(found)), now)
