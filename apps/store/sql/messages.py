"""Statements on messages. The folders of each are locked already (`locks.LOCK_FOLDERS`).

Each moves rows, counters, usage and log together. `{ranges}`, `{within}` choose uids: one range by
constants, which is exact for the planner, or many by a join.
"""

import functools

from . import compose

ONE_RANGE = "m.uid BETWEEN %(low)s::bigint AND %(high)s::bigint"
MANY_RANGES = "unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS w (low, high)"
IN_RANGES = "m.uid BETWEEN w.low AND w.high"

# Finds, for hashes of message ids of one mailbox, the thread of the message, and the thread that is named by it; in one
# partition.
THREADS = compose("""
SELECT c.mailbox_id, c.message_id_hash, false, min(c.thread_id) FROM store_content c
WHERE c.mailbox_id = %(mailbox)s::bigint AND c.message_id_hash = ANY(%(hashes)s::bigint[]) GROUP BY 1, 2
UNION ALL
SELECT %(mailbox)s::bigint, k.hash, true, k.hash FROM unnest(%(hashes)s::bigint[]) AS k (hash)
WHERE EXISTS (SELECT FROM store_content c WHERE c.mailbox_id = %(mailbox)s::bigint AND c.thread_id = k.hash)
""")

# Does the same for several mailboxes at once.
THREADS_OF_MANY = compose("""
WITH k AS (SELECT * FROM unnest(%(mailboxes)s::bigint[], %(hashes)s::bigint[]) AS t (mailbox_id, hash))
SELECT k.mailbox_id, k.hash, false, min(c.thread_id)
FROM k JOIN store_content c ON c.mailbox_id = k.mailbox_id AND c.message_id_hash = k.hash
GROUP BY 1, 2
UNION ALL
SELECT k.mailbox_id, k.hash, true, k.hash FROM k
WHERE EXISTS (SELECT FROM store_content c WHERE c.mailbox_id = k.mailbox_id AND c.thread_id = k.hash)
""")

# Lets one transaction at a time join threads of a mailbox.
LOCK_THREADS = "SELECT pg_advisory_xact_lock(7022, hashint8(%s::bigint))"

# Makes one thread part of another, and says so to those who know threads by heart.
JOIN_THREADS = """
UPDATE store_content SET thread_id = %(new)s::bigint
WHERE mailbox_id = %(mailbox)s::bigint AND thread_id = %(old)s::bigint
"""
LOG_MERGE = "INSERT INTO store_threadmerge (mailbox_id, old, new) VALUES (%s::bigint, %s::bigint, %s::bigint)"

# What the threads of a mailbox are made of, oldest first.
TO_THREAD = """
SELECT id, message_id_hash, refs, thread_id FROM store_content WHERE mailbox_id = %s::bigint ORDER BY id
"""

# Puts contents into other threads.
SET_THREADS = """
UPDATE store_content c SET thread_id = t.thread_id FROM unnest(%s::bigint[], %s::bigint[]) AS t (id, thread_id)
WHERE c.mailbox_id = %s::bigint AND c.id = t.id
"""

# Places new messages: contents, messages, counters, usage, and a log row for each set of flags in a folder.
APPEND = compose("""
WITH i AS MATERIALIZED (
  SELECT * FROM unnest(
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bytea[],
    %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bool[], %s::uuid[], %s::bigint[], %s::text[], %s::bigint[]
  ) WITH ORDINALITY AS t (
    organisation_id, mailbox_id, folder_id, blob_hash, size, internaldate, prefix,
    envelope, structure, parts, refs, subject, from_addr, to_addr, preview,
    sent_at, message_id_hash, thread_id, has_attachment, trace_id, flags, more, uid, o)
), g AS (
  SELECT mailbox_id, folder_id, count(*)::int AS n, count(*) FILTER (WHERE flags & 1 = 0)::int AS unseen,
         sum(size)::bigint AS bytes, max(uid) AS top
  FROM i GROUP BY 1, 2
), u AS (
  UPDATE store_folder f
  SET uidnext = greatest(f.uidnext + g.n, g.top + 1), modseq = f.modseq + 1, n_messages = f.n_messages + g.n,
      n_unseen = f.n_unseen + g.unseen, n_bytes = f.n_bytes + g.bytes
  FROM g WHERE f.id = g.folder_id AND f.mailbox_id = g.mailbox_id
  RETURNING f.id, f.mailbox_id, f.uidvalidity, f.uidnext - g.n AS first, f.modseq
), k AS MATERIALIZED (
  SELECT i.*, u.uidvalidity, u.modseq, nextval('store_content_id_seq') AS content_id,
         string_to_array(nullif(i.more, ''), ' ') AS names,
         coalesce(i.uid, u.first + row_number() OVER (PARTITION BY i.folder_id ORDER BY i.o) - 1) AS new_uid
  FROM i JOIN u ON u.id = i.folder_id AND u.mailbox_id = i.mailbox_id
), c AS (
  INSERT INTO store_content (
    mailbox_id, id, organisation_id, blob_hash, size, internaldate, prefix, envelope, structure, parts, refs,
    subject, from_addr, to_addr, preview, sent_at, message_id_hash, thread_id, has_attachment, trace_id)
  SELECT mailbox_id, content_id, organisation_id, blob_hash, size, internaldate, prefix, envelope, structure, parts,
         refs, subject, from_addr, to_addr, preview, sent_at, message_id_hash, coalesce(thread_id, content_id),
         has_attachment, trace_id
  FROM k
), m AS (
  INSERT INTO store_message
    (mailbox_id, folder_id, uid, modseq, flags, content_id, internaldate, size, saved_at, more_kw)
  SELECT mailbox_id, folder_id, new_uid, modseq, flags, content_id, internaldate, size,
         extract(epoch FROM now())::bigint, names
  FROM k
), s AS (
  UPDATE mailboxes_usage x SET bytes = x.bytes + t.bytes, messages = x.messages + t.n
  FROM (SELECT mailbox_id, sum(size)::bigint AS bytes, count(*) AS n FROM k GROUP BY 1) t
  WHERE x.mailbox_id = t.mailbox_id
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, part, op, mask, names, uids)
  SELECT mailbox_id, folder_id, modseq, row_number() OVER (PARTITION BY folder_id) - 1, 1, flags, names,
         range_agg(int8range(new_uid, new_uid, '[]'))
  FROM k GROUP BY mailbox_id, folder_id, modseq, flags, names
)
SELECT o, folder_id, new_uid, uidvalidity, modseq, content_id FROM k
""")

# Sets flags where that changes something; the log gets a row for what was added and one for what was removed.
_SET_FLAGS = """
WITH p AS (
  UPDATE store_message m SET {assign},
    modseq = (SELECT modseq + 1 FROM store_folder WHERE id = %(folder_id)s::bigint)
  {from}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within}
    AND ({changes}) {unchanged}
  RETURNING m.uid
), c AS (
  SELECT count(*)::int AS n, range_agg(int8range(uid, uid, '[]')) AS uids FROM p
), u AS (
  UPDATE store_folder f SET modseq = f.modseq + 1, n_unseen = f.n_unseen + ({unseen})::int
  FROM c WHERE f.id = %(folder_id)s::bigint AND c.n > 0
  RETURNING f.modseq
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, part, op, mask, names, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, u.modseq, r.part - 1, r.op, r.mask,
         string_to_array(nullif(r.names, ''), ' '), c.uids
  FROM u, c, unnest(%(ops)s::smallint[], %(masks)s::bigint[], %(names)s::text[])
    WITH ORDINALITY AS r (op, mask, names, part)
)
SELECT coalesce((SELECT modseq FROM u), f.modseq),
       ARRAY(SELECT lower(r) FROM c, unnest(c.uids) AS r), ARRAY(SELECT upper(r) - 1 FROM c, unnest(c.uids) AS r),
       {failed}
FROM store_folder f WHERE f.id = %(folder_id)s::bigint AND f.mailbox_id = %(mailbox_id)s::bigint
"""
_FLAGS = "((m.flags & %(keep)s::bigint) | %(set)s::bigint)"
_MORE = """(SELECT array_agg(DISTINCT n ORDER BY n)
  FROM unnest(coalesce(m.more_kw, '{}') || %(add_names)s::text[]) AS n WHERE n <> ALL(%(remove_names)s::text[]))"""
_UNSEEN_COUNTED = """%(sign)s::int * (SELECT count(*) FROM store_message m {join}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within}
    AND (m.flags & 1) <> (%(set)s::bigint & 1) {unchanged})"""
_FAILED = """ARRAY(SELECT m.uid FROM store_message m {join}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within}
    AND m.modseq > %(since)s::bigint ORDER BY m.uid)"""


@functools.cache
def set_flags(*, many: bool, names: bool, replace: bool, seen: str, conditional: bool) -> str:
    r"""Return the statement that sets flags.

    `names` says that keywords beyond the last bit are concerned; `seen` is "no", "only" or "too": whether
    \Seen is among what changes, for then unread messages are counted anew.
    """
    assign, changes = f"flags = {_FLAGS}", f"{_FLAGS} <> m.flags"
    if names:
        more = "%(more)s::text[]" if replace else _MORE
        assign, changes = f"{assign}, more_kw = {more}", f"{changes} OR {more} IS DISTINCT FROM m.more_kw"
    return compose(
        _SET_FLAGS,
        unseen={"no": "0", "only": "%(sign)s::int * c.n", "too": _UNSEEN_COUNTED}[seen],
        failed=_FAILED if conditional else "NULL",
        assign=assign,
        changes=changes,
        unchanged="AND m.modseq <= %(since)s::bigint" if conditional else "",
        within=IN_RANGES if many else ONE_RANGE,
        **{"from": f"FROM {MANY_RANGES}" if many else "", "join": f", {MANY_RANGES}" if many else ""},
    )


# Removes messages for good.
_EXPUNGE = """
WITH d AS (
  DELETE FROM store_message m {using}
  WHERE m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within} {deleted}
  RETURNING m.uid, m.flags, m.size
), c AS (
  SELECT count(*)::int AS n, count(*) FILTER (WHERE flags & 1 = 0)::int AS unseen,
         coalesce(sum(size), 0)::bigint AS bytes, range_agg(int8range(uid, uid, '[]')) AS uids
  FROM d
), u AS (
  UPDATE store_folder f
  SET modseq = f.modseq + 1, n_messages = f.n_messages - c.n, n_unseen = f.n_unseen - c.unseen,
      n_bytes = f.n_bytes - c.bytes
  FROM c WHERE f.id = %(folder_id)s::bigint AND c.n > 0
  RETURNING f.modseq
), s AS (
  UPDATE mailboxes_usage x SET bytes = x.bytes - c.bytes, messages = x.messages - c.n
  FROM c WHERE x.mailbox_id = %(mailbox_id)s::bigint AND c.n > 0
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, op, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, u.modseq, 5, c.uids FROM u, c
)
SELECT coalesce((SELECT modseq FROM u), f.modseq),
       ARRAY(SELECT lower(r) FROM c, unnest(c.uids) AS r), ARRAY(SELECT upper(r) - 1 FROM c, unnest(c.uids) AS r),
       EXISTS (SELECT FROM store_seen WHERE folder_id = %(folder_id)s::bigint)
FROM store_folder f WHERE f.id = %(folder_id)s::bigint AND f.mailbox_id = %(mailbox_id)s::bigint
"""


@functools.cache
def expunge(*, many: bool, only_deleted: bool) -> str:
    r"""Return the statement that removes messages, only those with \Deleted if so wished."""
    return compose(
        _EXPUNGE,
        using=f"USING {MANY_RANGES}" if many else "",
        within=IN_RANGES if many else ONE_RANGE,
        deleted="AND m.flags & 8 <> 0" if only_deleted else "",
    )
