"""The keys that sign, loaded and kept for a minute: what signing asks for each message.

A key that does not open or load is named in the log and left out; the domain's other one signs, or nothing does. A domain
that is ours and has no key is named, too, once a minute while it sends.
"""

import logging
import time
from dataclasses import dataclass

from apps.events.transactions import Database, Plan, Row, ask, query
from apps.protocols.mailauth.dkim.keys import Signer, SigningKey, SigningKeyError, load
from apps.vault.sealing import SealError, unseal

from .models import DkimKey

log = logging.getLogger(__name__)

KEEP_SECONDS = 60.0
MOST_DOMAINS = 5000

# The active keys of a domain we serve; one row without a key where it has none, and no row where it is not ours. Of
# names, the longest counts: that of the domain, or of one it lies in.
ACTIVE = """
WITH ours AS (
  SELECT d.id, d.name FROM domains_domain d WHERE d.name = ANY (%s::text[]) AND d.is_active
  ORDER BY length(d.name) DESC LIMIT 1)
SELECT ours.name, k.selector, k.algorithm, k.private
FROM ours LEFT JOIN domains_dkimkey k ON k.domain_id = ours.id AND k.state = 'active'
ORDER BY k.algorithm DESC
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    signers: tuple[Signer, ...]
    until: float


_kept: dict[str, _Kept] = {}


def forget() -> None:
    """Forget every loaded key."""
    _kept.clear()


def signers_of(domain: str) -> tuple[Signer, ...]:
    """Return who signs for a domain (or for the one of ours it lies in), RSA first; nobody where it is not ours."""
    found = _remembered(domain)
    return ask(signers(domain)) if found is None else found


async def signers_for(database: Database, domain: str) -> tuple[Signer, ...]:
    """Do the same on a loop."""
    found = _remembered(domain)
    return await database.perform(signers(domain)) if found is None else found


def signers(domain: str) -> Plan[tuple[Signer, ...]]:
    """Do the same within a plan."""
    found = _remembered(domain)
    if found is not None:
        return found
    rows = yield from query(ACTIVE, (_and_above(domain),))
    loaded = tuple(signer for row in rows if row[1] is not None and (signer := _load(row)) is not None)
    if rows and not loaded:
        log.warning("mail is not signed", extra={"domain": rows[0][0], "reason": "no key signs for it"})
    if len(_kept) >= MOST_DOMAINS:
        _kept.clear()
    _kept[domain] = _Kept(loaded, time.monotonic() + KEEP_SECONDS)
    return loaded


def _remembered(domain: str) -> tuple[Signer, ...] | None:
    kept = _kept.get(domain)
    return kept.signers if kept is not None and kept.until > time.monotonic() else None


def _and_above(domain: str) -> list[str]:
    """Return a name and those it lies in: a signature of these is aligned with it, too (RFC 7489 3.1.1)."""
    labels = domain.lower().split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def _load(row: Row) -> Signer | None:
    domain, selector, algorithm, private = row
    try:
        secret = unseal(bytes(private), purpose=_purpose())
        return load(SigningKey(domain, selector, algorithm, secret))
    except (SealError, SigningKeyError) as error:
        log.warning(
            "signing key is unusable", extra={"domain": domain, "selector": selector, "reason": str(error)}
        )
        return None


def _purpose() -> str:
    purpose: str = DkimKey._meta.get_field("private").purpose  # noqa: SLF001
    return purpose
