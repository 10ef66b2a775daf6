"""Which bit a mailbox gives a keyword; the first 43 get one, the rest stay names."""

from collections.abc import Iterable, Mapping

from apps.events.transactions import Plan, Run, query

from .flags import FIRST_KEYWORD_BIT, LAST_KEYWORD_BIT, Flags
from .sql import locks as sql

type Bits = dict[tuple[int, str], int]
"""(mailbox, keyword in lower case) -> bit; a keyword without one is not there."""


def known(mailbox_ids: Iterable[int]) -> Plan[Bits]:
    """Return the bits that mailboxes have given so far."""
    rows = yield from query(sql.KEYWORDS, [sorted(set(mailbox_ids))])
    return {(mailbox, name): bit for mailbox, name, bit in rows}


def assign(wanted: Mapping[int, Iterable[str]]) -> Plan[Bits]:
    """Return the bits of keywords, giving bits to new ones. The folders concerned are locked before."""
    bits = yield from known(wanted)
    if all((mailbox, name.lower()) in bits for mailbox, names in wanted.items() for name in names):
        return bits
    # Whoever gives bits holds the usage rows, so bits and names are looked up again under them.
    yield Run(sql.LOCK_USAGE, [sorted(wanted)])
    bits = yield from known(wanted)
    rows: list[tuple[int, int, str]] = []
    for mailbox, names in sorted(wanted.items()):
        used = {bit for (other, _), bit in bits.items() if other == mailbox}
        free = iter([bit for bit in range(FIRST_KEYWORD_BIT, LAST_KEYWORD_BIT + 1) if bit not in used])
        for name in names:
            if (mailbox, name.lower()) not in bits and (bit := next(free, None)) is not None:
                bits[mailbox, name.lower()] = bit
                rows.append((mailbox, bit, name))
    if rows:
        yield Run(sql.ADD_KEYWORDS, [list(column) for column in zip(*rows, strict=True)])
    return bits


def resolve(mailbox_id: int, flags: Flags, bits: Bits) -> tuple[int, list[str]]:
    """Return flags as bits, and the keywords that have none, in lower case and sorted."""
    mask, more = flags.mask, set()
    for name in flags.names:
        bit = bits.get((mailbox_id, name.lower()))
        if bit is None:
            more.add(name.lower())
        else:
            mask |= 1 << bit
    return mask, sorted(more)
