"""Statements of housekeeping: what is no longer needed goes."""

from collections.abc import Iterable

from . import compose

# Removes contents that no folder has any more, of one partition.
_SWEEP_CONTENTS = """
WITH gone AS (
  DELETE FROM store_content_{n} c
  WHERE NOT EXISTS (SELECT FROM store_message_{n} m WHERE m.mailbox_id = c.mailbox_id AND m.content_id = c.id)
  RETURNING 1
)
SELECT count(*)::int FROM gone
"""


def sweep_contents(partition: int) -> str:
    """Return the statement that removes unplaced contents of a partition."""
    return compose(_SWEEP_CONTENTS, n=str(int(partition)))


# Names the mailboxes of a partition that hold something else than they are said to. What they hold and what is said
# changes in one transaction, so in the one moment of this statement any difference is an error, however busy they are.
_MISCOUNTED = """
SELECT b.id, u.bytes, u.messages, coalesce(m.bytes, 0), coalesce(m.messages, 0)
FROM mailboxes_mailbox b LEFT JOIN mailboxes_usage u ON u.mailbox_id = b.id
LEFT JOIN (
  SELECT mailbox_id, sum(size)::bigint AS bytes, count(*) AS messages FROM store_message_{n} GROUP BY 1
) m ON m.mailbox_id = b.id
WHERE satisfies_hash_partition('store_message'::regclass, {partitions}, {n}, b.id)
  AND (u.bytes, u.messages) IS DISTINCT FROM (coalesce(m.bytes, 0), coalesce(m.messages, 0))
ORDER BY b.id
"""


def miscounted(partition: int, partitions: int) -> str:
    """Return the statement that finds the mailboxes of a partition whose usage is wrong."""
    return compose(_MISCOUNTED, n=str(int(partition)), partitions=str(int(partitions)))


# Removes blobs that no registered column names and that are older than a day: a blob may be written before
# the row that names it, and one in use again has been made young, which is seen once its row is locked. What
# another transaction holds is left for the next time: who waits for nobody is in no deadlock.
_SWEEP_BLOBS = """
WITH gone AS (
  DELETE FROM store_blob b USING (
    SELECT o.organisation_id, o.hash FROM store_blob o
    WHERE o.created_at < now() - interval '24 hours' {unreferenced}
    LIMIT 10000 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE b.organisation_id = old.organisation_id AND b.hash = old.hash
    AND b.created_at < now() - interval '24 hours'
  RETURNING 1
)
SELECT count(*)::int FROM gone
"""
_UNREFERENCED = """
AND NOT EXISTS (SELECT FROM {table} r WHERE r.organisation_id = o.organisation_id AND r.{column} = o.hash)
"""


def sweep_blobs(references: Iterable[tuple[str, str]]) -> str:
    """Return the statement that removes the blobs no (table, column) names."""
    return compose(
        _SWEEP_BLOBS,
        unreferenced="".join(
            compose(_UNREFERENCED, table=table, column=column) for table, column in sorted(references)
        ),
    )


# Says how much of each segment is in use.
SEGMENTS = """
SELECT location, sum(stored_size)::bigint FROM store_blob WHERE location <> '' AND store = 1 GROUP BY 1
"""

# Names the blobs in a segment, to be written anew elsewhere.
IN_SEGMENT = """
SELECT organisation_id, hash, size, codec, key_id, position, stored_size FROM store_blob
WHERE location = %s AND store = 1 ORDER BY position
"""

# Says where a blob is now.
RELOCATE = """
UPDATE store_blob b SET location = t.location, position = t.position
FROM unnest(%s::bigint[], %s::bytea[], %s::text[], %s::bigint[]) AS t (organisation_id, hash, location, position)
WHERE b.organisation_id = t.organisation_id AND b.hash = t.hash AND b.location = %s
"""

# Names folders whose log is long enough to be trimmed.
LONG_LOGS = """
SELECT id, mailbox_id FROM store_folder WHERE modseq - log_floor > %s::bigint ORDER BY modseq - log_floor DESC LIMIT 100
"""

# Finds up to where a log may go: old enough, beyond the latest changes, and below every living cursor.
FLOOR = """
SELECT least(
  f.modseq - %(keep)s::bigint,
  (SELECT min(l.modseq) - 1 FROM store_folderlog l WHERE l.mailbox_id = f.mailbox_id AND l.folder_id = f.id
     AND l.op <> 5 AND l.at > now() - make_interval(days => %(days)s))
  {cursors}
) FROM store_folder f WHERE f.id = %(folder_id)s::bigint
"""
_CURSOR = """
, (SELECT min(c.{modseq}) FROM {table} c WHERE c.{folder} = f.id
   AND c.{touched} > now() - make_interval(days => %(cursor_days)s))
"""


def floor(cursors: Iterable[tuple[str, str, str, str]]) -> str:
    """Return the statement that finds a floor, given (table, folder, modseq, touched) of who reads logs."""
    return compose(
        FLOOR,
        cursors="".join(
            compose(_CURSOR, table=table, folder=folder, modseq=modseq, touched=touched)
            for table, folder, modseq, touched in sorted(cursors)
        ),
    )


# Removes a log up to a floor, but for expunges: those of a day become one row, and go after their time.
TRIM = """
WITH gone AS (
  DELETE FROM store_folderlog l
  WHERE l.mailbox_id = %(mailbox_id)s::bigint AND l.folder_id = %(folder_id)s::bigint AND l.modseq <= %(floor)s::bigint
  RETURNING l.modseq, l.op, l.uids, l.at
), days AS (
  SELECT max(modseq) AS modseq, range_agg(uids) AS uids, max(at) AS at,
         max(at) < now() - make_interval(days => %(expunge_days)s) AS old
  FROM gone WHERE op = 5 GROUP BY at::date
), kept AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, part, op, uids, at)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, modseq, 0, 5, uids, at FROM days WHERE NOT old
)
UPDATE store_folder f SET log_floor = %(floor)s::bigint,
  expunge_floor = greatest(f.expunge_floor, (SELECT max(modseq) FROM days WHERE old))
WHERE f.id = %(folder_id)s::bigint AND f.log_floor < %(floor)s::bigint
RETURNING (SELECT count(*)::int FROM gone)
"""

# Finds the oldest messages of folders that keep mail for a time only.
EXPIRED = """
SELECT f.id, f.mailbox_id, array_agg(t.uid)
FROM store_folder f CROSS JOIN LATERAL (
  SELECT m.uid, m.saved_at FROM store_message m
  WHERE m.mailbox_id = f.mailbox_id AND m.folder_id = f.id ORDER BY m.uid LIMIT 1000
) t
WHERE f.retention_days IS NOT NULL AND t.saved_at < extract(epoch FROM now()) - 86400.0 * f.retention_days
GROUP BY 1, 2
"""

# Removes merges of threads that nobody needs to be told of any more.
FORGET_MERGES = "DELETE FROM store_threadmerge WHERE at < now() - interval '30 days' RETURNING id"
