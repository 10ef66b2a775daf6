"""Certificates as the doors want them: read by a listener's own connection, keys unsealed."""

from dataclasses import dataclass
from datetime import datetime

from apps.events.transactions import Plan, Row, query
from apps.vault.sealing import SealError, unseal

from . import sql

PURPOSE = "domains_certificate.private"


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate with its key, PEM; `problem` says why it has none."""

    id: int
    names: tuple[str, ...]
    chain: bytes
    private: bytes
    not_before: datetime
    not_after: datetime
    problem: str = ""


def stamp() -> Plan[str]:
    """Return what changes whenever the certificates do."""
    rows = yield from query(sql.CERTIFICATES_STAMP)
    return str(rows[0][0])


def shown() -> Plan[list[Shown]]:
    """Return all of them; what cannot be unsealed comes without its key."""
    rows = yield from query(sql.CERTIFICATES_SHOWN)
    return [_shown(row) for row in rows]


def _shown(row: Row) -> Shown:
    number, names, chain, private, not_before, not_after = row
    key, problem = b"", ""
    try:
        key = unseal(bytes(private), purpose=PURPOSE)
    except SealError as error:
        problem = f"its key cannot be unsealed: {error}"
    return Shown(number, tuple(names), chain.encode(), key, not_before, not_after, problem)
