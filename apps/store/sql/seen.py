r"""Statements on read marks of one's own (`services/seen.py`). Their folders are locked already."""

import functools

from . import compose
from .messages import IN_RANGES, MANY_RANGES, ONE_RANGE

# Marks or unmarks messages that exist, where that changes something. The log's row names no message: it keeps
# the log unbroken and tells nobody but the user's own sessions anything.
_SET_SEEN = """
WITH w AS (
  SELECT coalesce(range_agg(int8range(m.uid, m.uid, '[]')), '{}') AS uids FROM store_message m {join}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within} {unchanged}
), d AS (
  SELECT w.uids {where_changed} coalesce((SELECT uids FROM store_seen
    WHERE folder_id = %(folder_id)s::bigint AND user_id = %(user_id)s::bigint), '{}') AS uids
  FROM w
), u AS (
  UPDATE store_folder f SET modseq = f.modseq + 1 FROM d
  WHERE f.id = %(folder_id)s::bigint AND f.mailbox_id = %(mailbox_id)s::bigint AND NOT isempty(d.uids)
  RETURNING f.modseq
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, op, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, u.modseq, 2, '{}' FROM u
), s AS (
  INSERT INTO store_seen AS s (user_id, folder_id, uids, modseq, changed_at, changed)
  SELECT %(user_id)s::bigint, %(folder_id)s::bigint, d.uids, u.modseq, ARRAY[u.modseq], ARRAY[d.uids] FROM u, d
  ON CONFLICT (folder_id, user_id) DO UPDATE
  SET uids = s.uids {change} excluded.uids, modseq = excluded.modseq,
      changed_at = CASE WHEN cardinality(s.changed_at) < %(most)s::int THEN s.changed_at
                        ELSE s.changed_at[2:] END || excluded.changed_at,
      changed = CASE WHEN cardinality(s.changed) < %(most)s::int THEN s.changed
                     ELSE ARRAY[s.changed[1] + s.changed[2]] || s.changed[3:] END || excluded.changed
)
SELECT coalesce((SELECT modseq FROM u), f.modseq),
       ARRAY(SELECT lower(r) FROM d, unnest(d.uids) AS r), ARRAY(SELECT upper(r) - 1 FROM d, unnest(d.uids) AS r),
       {failed}
FROM store_folder f WHERE f.id = %(folder_id)s::bigint AND f.mailbox_id = %(mailbox_id)s::bigint
"""
_FAILED = """ARRAY(SELECT m.uid FROM store_message m {join}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within}
    AND m.modseq > %(since)s::bigint ORDER BY m.uid)"""


@functools.cache
def set_seen(*, many: bool, seen: bool, conditional: bool) -> str:
    """Return the statement that marks messages as read, or as not read."""
    return compose(
        _SET_SEEN,
        failed=_FAILED if conditional else "NULL",
        where_changed="-" if seen else "*",
        change="+" if seen else "-",
        unchanged="AND m.modseq <= %(since)s::bigint" if conditional else "",
        within=IN_RANGES if many else ONE_RANGE,
        join=f"CROSS JOIN {MANY_RANGES}" if many else "",
    )


# Divides uids into those whose marks a user changed after a modseq, and the others.
CHANGED_SINCE = """
WITH n AS (
  SELECT coalesce(range_agg(int8range(low, high, '[]')), '{}') AS uids
  FROM unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS t (low, high)
), r AS (
  SELECT coalesce(range_agg(c.uids), '{}') AS uids
  FROM store_seen s CROSS JOIN unnest(s.changed_at, s.changed) AS c (at, uids)
  WHERE s.folder_id = %(folder_id)s::bigint AND s.user_id = %(user_id)s::bigint AND c.at > %(since)s::bigint
)
SELECT ARRAY(SELECT lower(x) FROM unnest(n.uids * r.uids) x), ARRAY(SELECT upper(x) - 1 FROM unnest(n.uids * r.uids) x),
       ARRAY(SELECT lower(x) FROM unnest(n.uids - r.uids) x), ARRAY(SELECT upper(x) - 1 FROM unnest(n.uids - r.uids) x)
FROM n, r
"""

# Marks messages that are new in their folder as read by whoever filed them.
MARK_NEW = """
INSERT INTO store_seen AS s (user_id, folder_id, uids, modseq, changed_at, changed)
SELECT %s::bigint, %s::bigint, range_agg(int8range(uid, uid, '[]')), %s::bigint, '{}', '{}' FROM unnest(%s::bigint[]) AS t (uid)
ON CONFLICT (folder_id, user_id) DO UPDATE SET uids = s.uids + excluded.uids, modseq = excluded.modseq
"""

# Does the same for copies in another mailbox that came as read.
MARK_COPIES = """
INSERT INTO store_seen AS s (user_id, folder_id, uids, modseq, changed_at, changed)
SELECT %(user_id)s::bigint, m.folder_id, range_agg(int8range(m.uid, m.uid, '[]')), %(modseq)s::bigint, '{}', '{}'
FROM store_message m
WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint
  AND m.uid >= %(first)s::bigint AND m.flags & 1 = 1
GROUP BY m.folder_id
ON CONFLICT (folder_id, user_id) DO UPDATE SET uids = s.uids + excluded.uids, modseq = excluded.modseq
"""

# Names what a user has read of a folder.
READ = "SELECT uids::text FROM store_seen WHERE folder_id = %s::bigint AND user_id = %s::bigint"

# Gives copies in the same mailbox the marks of what they were copied from, of every user.
CARRY = """
INSERT INTO store_seen AS s (user_id, folder_id, uids, modseq, changed_at, changed)
SELECT o.user_id, %(target_id)s::bigint, range_agg(int8range(lower(r) + w.shift, upper(r) + w.shift)),
       %(modseq)s::bigint, '{}', '{}'
FROM store_seen o
CROSS JOIN unnest(%(lows)s::bigint[], %(highs)s::bigint[], %(shifts)s::bigint[]) AS w (low, high, shift)
CROSS JOIN unnest(o.uids * int8multirange(int8range(w.low, w.high, '[]'))) AS r
WHERE o.folder_id = %(folder_id)s::bigint GROUP BY o.user_id
ON CONFLICT (folder_id, user_id) DO UPDATE SET uids = s.uids + excluded.uids, modseq = excluded.modseq
"""

# Removes the marks of messages that are gone.
FORGET = """
UPDATE store_seen s SET uids = s.uids - g.uids, changed = ARRAY(
  SELECT c.uids - g.uids FROM unnest(s.changed) WITH ORDINALITY AS c (uids, n) ORDER BY c.n)
FROM (SELECT range_agg(int8range(low, high, '[]')) AS uids FROM unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS t (low, high)) g
WHERE s.folder_id = %(folder_id)s::bigint
"""

# The marks of users that have changed since what is known of them.
MARKS = """
SELECT s.user_id, s.modseq, s.uids::text, s.changed_at, s.changed::text[]
FROM unnest(%s::bigint[], %s::bigint[]) AS k (user_id, modseq)
JOIN store_seen s ON s.user_id = k.user_id AND s.folder_id = %s::bigint AND s.modseq > k.modseq
"""

# The folders of a mailbox with their counters, as one user sees them who has read marks of their own.
FOLDERS = """
SELECT f.id, f.name, f.special_use, f.uidvalidity, f.uidnext, f.modseq, f.n_messages,
       f.n_messages - coalesce((SELECT sum(upper(r) - lower(r)) FROM unnest(s.uids) r), 0)::int, f.n_bytes
FROM store_folder f LEFT JOIN store_seen s ON s.folder_id = f.id AND s.user_id = %s::bigint
WHERE f.mailbox_id = %s::bigint ORDER BY f.name
"""

# Begins read marks for each of some users of a folder: what was read by all is read by each.
DIVIDE = """
WITH b AS (
  SELECT coalesce(range_agg(int8range(uid, uid, '[]')), '{}') AS uids FROM store_message
  WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint AND flags & 1 = 1
), u AS (
  UPDATE store_folder SET modseq = modseq + 1
  WHERE id = %(folder_id)s::bigint AND mailbox_id = %(mailbox_id)s::bigint RETURNING modseq
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, op, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, u.modseq, 2, '{}' FROM u
), s AS (
  INSERT INTO store_seen AS s (user_id, folder_id, uids, modseq, changed_at, changed)
  SELECT who, %(folder_id)s::bigint, b.uids, u.modseq, '{}', '{}' FROM u, b, unnest(%(users)s::bigint[]) AS who
  ON CONFLICT (folder_id, user_id) DO UPDATE
  SET uids = excluded.uids, modseq = excluded.modseq, changed_at = '{}', changed = '{}'
)
SELECT modseq FROM u
"""

# Ends them: what the owner has read is read by all; where nobody owns the mailbox, what anybody has read. Whatever
# somebody may have seen otherwise before counts as changed.
UNITE = """
WITH f AS (
  SELECT coalesce(range_agg(uids) FILTER (WHERE %(owner_id)s::bigint IS NULL OR user_id = %(owner_id)s::bigint), '{}') AS uids,
         coalesce(range_agg(uids), '{}') AS marked
  FROM store_seen WHERE folder_id = %(folder_id)s::bigint
), t AS (
  SELECT f.marked + coalesce((SELECT range_agg(int8range(uid, uid, '[]')) FROM store_message
    WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint AND flags & 1 = 1), '{}') AS uids
  FROM f
), u AS (
  UPDATE store_folder x SET modseq = x.modseq + 1,
    n_unseen = x.n_messages - coalesce((SELECT sum(upper(r) - lower(r)) FROM f, unnest(f.uids) AS r), 0)::int
  WHERE x.id = %(folder_id)s::bigint AND x.mailbox_id = %(mailbox_id)s::bigint RETURNING x.modseq
), m AS (
  UPDATE store_message m SET modseq = u.modseq, flags = CASE WHEN f.uids @> m.uid THEN m.flags | 1 ELSE m.flags & ~1::bigint END
  FROM u, f, t
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND t.uids @> m.uid
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, part, op, mask, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, u.modseq, v.part, v.op, 1, v.uids
  FROM u, f, t, LATERAL (VALUES (0, 2, t.uids * f.uids), (1, 3, t.uids - f.uids)) AS v (part, op, uids)
  WHERE v.part = 0 OR NOT isempty(v.uids)
), d AS (
  DELETE FROM store_seen WHERE folder_id = %(folder_id)s::bigint
)
SELECT modseq FROM u
"""
