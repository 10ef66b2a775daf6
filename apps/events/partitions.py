"""The trace's partitions: one a day, made ahead, dropped whole when they are old.

A default partition catches what comes while nobody made the day's own: mail is accepted even if housekeeping
has not run for a week. Its rows move into the day's partition when that is made.
"""

import re
from datetime import date, timedelta

from . import sql
from .transactions import Plan, Run, query

AHEAD = 3
_NAME = re.compile(r"events_messageevent_(\d{8})")


def keep_days(today: date, *, keep: int, ahead: int = AHEAD) -> Plan[list[str]]:
    """Make the partitions of today and the days ahead, drop those older than `keep` days; return what changed."""
    locked = yield from query(sql.PARTITION_LOCK)
    if not locked[0][0]:
        return []
    rows = yield from query(sql.PARTITIONS)
    present = {row[0] for row in rows}
    changed: list[str] = []
    late = {row[0] for row in (yield from query(sql.LATE_DAYS))}
    for day in sorted(late | {today + timedelta(days=n) for n in range(ahead + 1)}):
        name = _name(day)
        if name not in present:
            yield from _make(name, day)
            present.add(name)
            changed.append(f"+{name}")
    for name in sorted(present):
        match = _NAME.fullmatch(name)
        if match and date.fromisoformat(match[1]) < today - timedelta(days=keep):
            yield Run(f"DROP TABLE {name}")
            changed.append(f"-{name}")
    return changed


def _name(day: date) -> str:
    return f"events_messageevent_{day:%Y%m%d}"


def _make(name: str, day: date) -> Plan[None]:
    # The rows the default partition caught are moved first, or attaching would refuse.
    start, end = f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    # The table itself is locked before its default partition: a row on its way to the default one would else wait
    # there, and be refused when the day has a partition of its own.
    yield Run("LOCK TABLE events_messageevent IN SHARE ROW EXCLUSIVE MODE")
    yield Run("LOCK TABLE events_messageevent_default IN ACCESS EXCLUSIVE MODE")
    yield Run(f"CREATE TABLE {name} (LIKE events_messageevent INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    yield Run(
        f"WITH late AS (DELETE FROM events_messageevent_default WHERE at >= '{start}' AND at < '{end}' RETURNING *) "  # noqa: S608
        f"INSERT INTO {name} SELECT * FROM late"
    )
    yield Run(
        f"ALTER TABLE events_messageevent ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')"
    )
