"""How much mail came, went and was refused in the last day, hour by hour: counted from the trace.

A day of a large server is 400,000 messages, which take seconds to count. So housekeeping sums up every five minutes
that can change no more (`sum_up`), and a reader adds what was not summed up yet. The sums are derived: where they are
missing, or old, the trace is read, and the figures are the same.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import sql
from .trace import at_domain
from .transactions import Plan, Run, query

HOURS = 24
HOUR = timedelta(hours=1)
SLOT = timedelta(minutes=5)
SETTLING = timedelta(minutes=1)
AT_ONCE = timedelta(hours=2)
FEW = 20
_NONE = (0,) * HOURS
_NAMES = {"mx": "received", "submission": "sent", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages in each of the last 24 hours, the oldest first; the last one ends now.

    Day and last hour are exact; between the other hours, five minutes are counted to one of the two.
    """

    received: tuple[int, ...] = _NONE
    sent: tuple[int, ...] = _NONE
    refused: tuple[int, ...] = _NONE


def traffic(domains: Collection[str] | None) -> Plan[Traffic]:
    """Count messages for and from these domains; None is everybody's.

    What was refused before it named a recipient is counted for everybody only.
    """
    counts = {name: [0] * HOURS for name in _NAMES.values()}
    if domains is None or domains:
        now, until = (yield from query(sql.TALLY_REACH))[0]
        asked = _stretches(now, until)
        if domains is None:
            rows = yield from query(sql.TRAFFIC, asked)
        else:
            names = sorted(domains)
            few, of_them = len(names) <= FEW, {"domains": names}
            if few:
                of_them["keys"] = [at_domain(name) for name in names]
            rows = yield from query(sql.TRAFFIC_OF if few else sql.TRAFFIC_OF_MANY, asked | of_them)
        for kind, hours_ago, count in rows:
            counts[_NAMES[kind]][HOURS - 1 - min(max(hours_ago, 0), HOURS - 1)] += count
    return Traffic(*(tuple(counts[name]) for name in ("received", "sent", "refused")))


def sum_up(served: Collection[str]) -> Plan[int]:
    """Sum up what is settled, of everything and of the domains we serve; return how many slots that were.

    It is two hours at most, for the first time finds a day: whoever gets any asks again.
    """
    locked = yield from query(sql.TALLY_LOCK)
    if not locked:
        return 0
    [[until]] = locked
    [[settled]] = yield from query(sql.TALLY_SETTLED, (SETTLING,))
    end = _slot(settled)
    begin = max(until, end - HOURS * HOUR - SLOT)
    if begin >= end:
        return 0
    end = min(end, begin + AT_ONCE)
    yield Run(sql.TALLY_ADD, {"begin": begin, "end": end, "domains": sorted(served)})
    yield Run(sql.TALLY_REACHED, (end,))
    yield Run(sql.TALLY_FORGET, (end,))
    return int((end - begin) / SLOT)


def _stretches(now: datetime, until: datetime) -> dict[str, datetime]:
    """Return what is read exactly, as stretches of time that do not overlap; what lies between is summed up."""
    begin = now - HOURS * HOUR
    first, edge = _slot(begin) + SLOT, _slot(now - HOUR)
    if until < first:
        first = until = begin
    if edge + SLOT > until:
        edge_end = edge = until
    else:
        edge_end = edge + SLOT
    return {
        "now": now,
        "first_begin": begin,
        "first_end": first,
        "edge_begin": edge,
        "edge_end": edge_end,
        "last_begin": until,
        "last_end": now + timedelta(microseconds=1),
    }


def _slot(at: datetime) -> datetime:
    """Return the beginning of the five minutes this lies in."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(SLOT.total_seconds()), UTC)
