"""Statements that place messages of one folder in another. Both folders, and usage, are locked already."""

import functools

from . import compose
from .messages import IN_RANGES, MANY_RANGES, ONE_RANGE

# What is to be transferred, counted.
_COUNT = """
c AS (
  SELECT count(*)::int AS n, count(*) FILTER (WHERE flags & 1 = 0)::int AS unseen,
         coalesce(sum(size), 0)::bigint AS bytes, range_agg(int8range(uid, uid, '[]')) AS uids
  FROM k
)
"""
# What the target gains: counters, log and messages, in the order of the source's uids.
_PLACE = """
u AS (
  UPDATE store_folder f
  SET modseq = f.modseq + 1, uidnext = f.uidnext + c.n, n_messages = f.n_messages + c.n,
      n_unseen = f.n_unseen + c.unseen, n_bytes = f.n_bytes + c.bytes
  FROM c, q WHERE f.id = %(target_id)s::bigint AND f.mailbox_id = %(target_mailbox_id)s::bigint AND c.n > 0 AND q.ok
  RETURNING f.modseq, f.uidnext - c.n AS first
), l AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, part, op, mask, names, uids)
  SELECT %(target_mailbox_id)s::bigint, %(target_id)s::bigint, u.modseq, row_number() OVER () - 1, 1, k.flags,
         k.more_kw, range_agg(int8range(u.first + k.r, u.first + k.r, '[]'))
  FROM k, u GROUP BY u.modseq, k.flags, k.more_kw
), p AS (
  INSERT INTO store_message
    (mailbox_id, folder_id, uid, modseq, flags, content_id, internaldate, size, saved_at, more_kw)
  SELECT %(target_mailbox_id)s::bigint, %(target_id)s::bigint, u.first + k.r, u.modseq, k.flags, k.new_content_id,
         k.internaldate, k.size, extract(epoch FROM now())::bigint, k.more_kw
  FROM k, u
)
"""
_SUMMARY = """
SELECT c.n, q.used, q.quota, q.over, q.ok, f.uidvalidity, u.first, u.modseq, {source_modseq},
       ARRAY(SELECT lower(r) FROM unnest(c.uids) AS r), ARRAY(SELECT upper(r) - 1 FROM unnest(c.uids) AS r),
       EXISTS (SELECT FROM store_seen WHERE folder_id = %(folder_id)s::bigint)
FROM store_folder f CROSS JOIN c CROSS JOIN q LEFT JOIN u ON true
WHERE f.id = %(target_id)s::bigint AND f.mailbox_id = %(target_mailbox_id)s::bigint
"""
_CHOSEN = """
m.mailbox_id = %(mailbox_id)s::bigint AND m.folder_id = %(folder_id)s::bigint AND {within}
"""
# Whether the target's mailbox may hold that much more, and its domain and organisation anything.
_QUOTA = """
q AS (
  SELECT coalesce(x.bytes, 0) AS used, b.quota_bytes AS quota, y.over,
         y.over IS NULL AND (b.quota_bytes = 0 OR coalesce(x.bytes, 0) + c.bytes <= b.quota_bytes) AS ok
  FROM c CROSS JOIN mailboxes_mailbox b LEFT JOIN mailboxes_usage x ON x.mailbox_id = b.id
  CROSS JOIN mailboxes_over(b.id, %(leaving)s::bigint) AS y (over)
  WHERE b.id = %(target_mailbox_id)s::bigint
)
"""
_USE = """
s AS (
  UPDATE mailboxes_usage x SET bytes = x.bytes + c.bytes, messages = x.messages + c.n
  FROM c, u WHERE x.mailbox_id = %(target_mailbox_id)s::bigint
)
"""

# Places messages a second time in their mailbox.
_COPY = compose(
    """
WITH k AS MATERIALIZED (
  SELECT m.uid, m.flags, m.content_id AS new_content_id, m.internaldate, m.size, m.more_kw,
         row_number() OVER (ORDER BY m.uid) - 1 AS r
  FROM store_message m {join} WHERE {chosen}
), {count}, {quota}, {place}, {use} {summary}
""",
    quota=_QUOTA,
    count=_COUNT,
    place=_PLACE,
    use=_USE,
    summary=compose(_SUMMARY, source_modseq="NULL::bigint"),
    chosen=_CHOSEN,
)

# Takes messages out of one folder and places them in another of the same mailbox.
_MOVE = compose(
    """
WITH d AS (
  DELETE FROM store_message m {using} WHERE {chosen}
    AND EXISTS (SELECT FROM store_folder WHERE id = %(target_id)s::bigint AND mailbox_id = %(target_mailbox_id)s::bigint)
  RETURNING m.uid, m.flags, m.content_id AS new_content_id, m.internaldate, m.size, m.more_kw
), k AS MATERIALIZED (
  SELECT d.*, row_number() OVER (ORDER BY d.uid) - 1 AS r FROM d
), {count}, q AS (
  SELECT 0::bigint AS used, 0::bigint AS quota, NULL::text AS over, true AS ok
), {place}, o AS (
  UPDATE store_folder f
  SET modseq = f.modseq + 1, n_messages = f.n_messages - c.n, n_unseen = f.n_unseen - c.unseen,
      n_bytes = f.n_bytes - c.bytes
  FROM c WHERE f.id = %(folder_id)s::bigint AND c.n > 0
  RETURNING f.modseq
), e AS (
  INSERT INTO store_folderlog (mailbox_id, folder_id, modseq, op, uids)
  SELECT %(mailbox_id)s::bigint, %(folder_id)s::bigint, o.modseq, 5, c.uids FROM o, c
) {summary}
""",
    count=_COUNT,
    place=_PLACE,
    summary=compose(_SUMMARY, source_modseq="(SELECT modseq FROM o)"),
    chosen=_CHOSEN,
)

# Places messages in another mailbox: new contents, the same blobs (made young, so that the sweep spares
# them, and copied if that is another organisation), keywords translated by name, and as read what `read` names.
_COPY_BETWEEN = compose(
    """
WITH k AS MATERIALIZED (
  SELECT m.uid, (m.flags & %(common)s::bigint) | coalesce(t.new_bits, 0)
         | (m.uid <@ %(read)s::int8multirange)::int AS flags, m.content_id,
         nextval('store_content_id_seq') AS new_content_id, m.internaldate, m.size,
         string_to_array(nullif(t.new_names, ''), ' ') AS more_kw, row_number() OVER (ORDER BY m.uid) - 1 AS r
  FROM store_message m {join}
  LEFT JOIN unnest(%(old_bits)s::bigint[], %(old_names)s::text[], %(new_bits)s::bigint[], %(new_names)s::text[])
    AS t (old_bits, old_names, new_bits, new_names)
    ON t.old_bits = m.flags & %(keyword_bits)s::bigint AND t.old_names = coalesce(array_to_string(m.more_kw, ' '), '')
  WHERE {chosen}
), {count}, {quota}, {place}, {use}, b AS (
  INSERT INTO store_blob AS b
    (organisation_id, hash, size, codec, key_id, store, location, position, stored_size, data)
  SELECT %(organisation_id)s::bigint, x.hash, x.size, x.codec, x.key_id, x.store, x.location, x.position,
         x.stored_size, x.data
  FROM (SELECT DISTINCT c.organisation_id, c.blob_hash FROM u, k
        JOIN store_content c ON c.mailbox_id = %(mailbox_id)s::bigint AND c.id = k.content_id) AS h
  JOIN store_blob x ON x.organisation_id = h.organisation_id AND x.hash = h.blob_hash
  ORDER BY x.hash
  ON CONFLICT (organisation_id, hash) DO UPDATE SET created_at = now()
    WHERE b.created_at < now() - interval '12 hours'
), n AS (
  INSERT INTO store_content (
    mailbox_id, id, organisation_id, blob_hash, size, internaldate, prefix, envelope, structure, parts, refs,
    subject, from_addr, to_addr, preview, sent_at, message_id_hash, thread_id, has_attachment, trace_id)
  SELECT %(target_mailbox_id)s::bigint, k.new_content_id, %(organisation_id)s::bigint, c.blob_hash, c.size,
         c.internaldate, c.prefix, c.envelope, c.structure, c.parts, c.refs, c.subject, c.from_addr, c.to_addr,
         c.preview, c.sent_at, c.message_id_hash, c.thread_id, c.has_attachment, c.trace_id
  FROM u, k JOIN store_content c ON c.mailbox_id = %(mailbox_id)s::bigint AND c.id = k.content_id
) {summary}
""",
    quota=_QUOTA,
    count=_COUNT,
    place=_PLACE,
    use=_USE,
    summary=compose(_SUMMARY, source_modseq="NULL::bigint"),
    chosen=_CHOSEN,
)

# Lists the sets of mailbox keywords among messages.
_KEYWORD_SETS = compose(
    """
SELECT DISTINCT m.flags & %(keyword_bits)s::bigint, coalesce(array_to_string(m.more_kw, ' '), '')
FROM store_message m {join} WHERE {chosen} AND (m.flags & %(keyword_bits)s::bigint <> 0 OR m.more_kw IS NOT NULL)
""",
    chosen=_CHOSEN,
)

# Says whose organisation a mailbox belongs to, and whether it keeps read marks for each member; does another?
ORGANISATION = """
SELECT d.organisation_id, m.private_seen, coalesce((SELECT private_seen FROM mailboxes_mailbox WHERE id = %s::bigint), false)
FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id WHERE m.id = %s::bigint
"""


@functools.cache
def _choose(template: str, *, many: bool) -> str:
    return compose(
        template,
        join=f"CROSS JOIN {MANY_RANGES}" if many else "",
        using=f"USING {MANY_RANGES}" if many else "",
        within=IN_RANGES if many else ONE_RANGE,
    )


def copy(*, many: bool) -> str:
    """Return the statement that copies inside a mailbox."""
    return _choose(_COPY, many=many)


def move(*, many: bool) -> str:
    """Return the statement that moves inside a mailbox."""
    return _choose(_MOVE, many=many)


def copy_between(*, many: bool) -> str:
    """Return the statement that copies to another mailbox."""
    return _choose(_COPY_BETWEEN, many=many)


def keyword_sets(*, many: bool) -> str:
    """Return the statement that lists the keyword sets in use."""
    return _choose(_KEYWORD_SETS, many=many)
