"""Partitions by day, of the trace and of whatever else grows by the day: made ahead, dropped whole when they are old.

A default partition catches what comes while nobody made the day's own: mail is accepted even if housekeeping
has not run for a week. Its rows move into the day's partition when that is made.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from . import sql
from .transactions import Plan, Run, query

AHEAD = 3
_DAY = re.compile(r".*_(\d{8})")


@dataclass(frozen=True, slots=True)
class ByDay:
    """A table partitioned by day (in UTC), whose default partition bears its name and `_default`."""

    table: str
    column: str


TRACE = ByDay("events_messageevent", "at")


def keep_days(today: date, *, keep: int, ahead: int = AHEAD, of: ByDay = TRACE) -> Plan[list[str]]:
    """Make the partitions of today and the days ahead, drop those older than `keep` days; return what changed."""
    locked = yield from query(sql.PARTITION_LOCK, (f"{of.table} partitions",))
    if not locked[0][0]:
        return []
    rows = yield from query(sql.PARTITIONS, (of.table,))
    present = {row[0] for row in rows}
    changed: list[str] = []
    late = {row[0] for row in (yield from query(sql.late_days(of.table, of.column)))}
    for day in sorted(late | {today + timedelta(days=n) for n in range(ahead + 1)}):
        name = f"{of.table}_{day:%Y%m%d}"
        if name not in present:
            yield from _make(of, name, day)
            present.add(name)
            changed.append(f"+{name}")
    for name in sorted(present):
        match = _DAY.fullmatch(name)
        if match and date.fromisoformat(match[1]) < today - timedelta(days=keep):
            yield Run(f"DROP TABLE {name}")
            changed.append(f"-{name}")
    return changed


def _make(of: ByDay, name: str, day: date) -> Plan[None]:
    # The rows the default partition caught are moved first, or attaching would refuse.
    table, start, end = of.table, f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    # The table itself is locked before its default partition: a row on its way to the default one would else wait
    # there, and be refused when the day has a partition of its own.
    yield Run(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    yield Run(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    yield Run(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    yield Run(
        f"WITH late AS (DELETE FROM {table}_default "  # noqa: S608
        f"WHERE {of.column} >= '{start}' AND {of.column} < '{end}' RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM late"
    )
    yield Run(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')")
