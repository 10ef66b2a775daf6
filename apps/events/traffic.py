"""How much mail came, went and was refused in the last day, hour by hour: counted from the trace."""

from collections.abc import Collection
from dataclasses import dataclass

from . import sql
from .trace import at_domain
from .transactions import Plan, query

HOURS = 24
_NONE = (0,) * HOURS


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages in each of the last 24 hours, the oldest first; the last one ends now."""

    received: tuple[int, ...] = _NONE
    sent: tuple[int, ...] = _NONE
    refused: tuple[int, ...] = _NONE


def traffic(domains: Collection[str] | None) -> Plan[Traffic]:
    """Count messages for and from these domains; None is everybody's.

    What was refused before it named a recipient is counted for everybody only.
    """
    if domains is None:
        rows = yield from query(sql.TRAFFIC)
    elif domains:
        names = sorted(domains)
        rows = yield from query(
            sql.TRAFFIC_OF, {"domains": names, "keys": [at_domain(name) for name in names]}
        )
    else:
        rows = []
    counts = {name: [0] * HOURS for name in ("received", "sent", "refused")}
    for what, hours_ago, count in rows:
        counts[what][HOURS - 1 - min(max(hours_ago, 0), HOURS - 1)] += count
    return Traffic(*(tuple(counts[name]) for name in ("received", "sent", "refused")))
