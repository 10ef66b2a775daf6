"""The mail tables are split into 16 hash partitions each: one constant, checked at start."""

from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections

PARTITIONS = 16
PARTITIONED = ("store_content", "store_message", "store_folderlog", "store_blob", "store_pack")

COUNT = "SELECT p.relname, count(*)::int FROM pg_inherits JOIN pg_class p ON p.oid = inhparent WHERE p.relname = ANY(%s) GROUP BY 1"


def wrong(counts: dict[str, int]) -> list[str]:
    """Say which tables do not have their partitions, given how many each has."""
    return [
        f"{table} has {counts.get(table, 0)} partitions instead of {PARTITIONS}"
        for table in PARTITIONED
        if counts.get(table, 0) != PARTITIONS
    ]


@register(Tags.database)
def check_partitions(databases: Any = None, **_: Any) -> list[Error]:
    """Refuse to run on a database whose mail tables were split otherwise; silent before the first migration."""
    findings = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT to_regclass('store_message') IS NOT NULL")
            if cursor.fetchone()[0]:
                cursor.execute(COUNT, [list(PARTITIONED)])
                findings += [Error(line, id="store.E001") for line in wrong(dict(cursor.fetchall()))]
    return findings
