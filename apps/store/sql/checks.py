"""Statements of `manage.py store check`: what must hold, asked of all mail at once or of one folder."""

# Folders whose counters are not what their rows say; also uids and modseqs of the future.
COUNTERS = """
SELECT f.id, f.mailbox_id, f.name, f.n_messages, f.n_unseen, f.n_bytes, coalesce(r.n, 0)::int, coalesce(r.unseen, 0)::int,
       coalesce(r.bytes, 0)::bigint, coalesce(r.uid, 0) >= f.uidnext, coalesce(r.modseq, 0) > f.modseq
FROM store_folder f LEFT JOIN (
  SELECT mailbox_id, folder_id, count(*) AS n, count(*) FILTER (WHERE flags & 1 = 0) AS unseen, sum(size) AS bytes,
         max(uid) AS uid, max(modseq) AS modseq
  FROM store_message GROUP BY 1, 2
) r ON r.mailbox_id = f.mailbox_id AND r.folder_id = f.id
WHERE (f.n_messages, f.n_unseen, f.n_bytes) <> (coalesce(r.n, 0), coalesce(r.unseen, 0), coalesce(r.bytes, 0))
   OR r.uid >= f.uidnext OR r.modseq > f.modseq
"""

# Mailboxes that are said to hold something else than they hold.
USAGE = """
SELECT f.mailbox_id, u.bytes, u.messages, f.bytes::bigint, f.messages::bigint
FROM (
  SELECT b.mailbox_id, coalesce(sum(m.size), 0) AS bytes, count(m.uid) AS messages
  FROM (SELECT DISTINCT mailbox_id FROM store_folder UNION SELECT mailbox_id FROM mailboxes_usage) b
  LEFT JOIN store_message m ON m.mailbox_id = b.mailbox_id GROUP BY 1
) f LEFT JOIN mailboxes_usage u ON u.mailbox_id = f.mailbox_id
WHERE (u.bytes, u.messages) IS DISTINCT FROM (f.bytes::bigint, f.messages)
"""

# Rows that name something that is not there, by what is wrong with them.
ORPHANS = {
    "messages without a content": """
SELECT count(*) FROM store_message m WHERE NOT EXISTS (
  SELECT FROM store_content c WHERE c.mailbox_id = m.mailbox_id AND c.id = m.content_id)""",
    "messages without a folder": """
SELECT count(*) FROM store_message m WHERE NOT EXISTS (
  SELECT FROM store_folder f WHERE f.mailbox_id = m.mailbox_id AND f.id = m.folder_id)""",
    "messages whose size is not their content's": """
SELECT count(*) FROM store_message m JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
WHERE m.size <> c.size""",
    "contents without a blob": """
SELECT count(*) FROM store_content c WHERE NOT EXISTS (
  SELECT FROM store_blob b WHERE b.organisation_id = c.organisation_id AND b.hash = c.blob_hash)""",
    "contents whose size is not their prefix and blob": """
SELECT count(*) FROM store_content c JOIN store_blob b ON b.organisation_id = c.organisation_id AND b.hash = c.blob_hash
WHERE c.size <> length(c.prefix) + b.size""",
    "log rows without a folder": """
SELECT count(*) FROM store_folderlog l WHERE NOT EXISTS (
  SELECT FROM store_folder f WHERE f.mailbox_id = l.mailbox_id AND f.id = l.folder_id)""",
    "messages with a keyword bit that has no name": """
SELECT count(*) FROM store_message m LEFT JOIN (
  SELECT mailbox_id, bit_or(1::bigint << bit) AS bits FROM store_keyword GROUP BY 1
) k ON k.mailbox_id = m.mailbox_id
WHERE m.flags & 9223372036853727232 & ~coalesce(k.bits, 0) <> 0""",
    "packs without a folder": """
SELECT count(*) FROM store_pack p WHERE NOT EXISTS (
  SELECT FROM store_folder f WHERE f.mailbox_id = p.mailbox_id AND f.id = p.folder_id)""",
    "snapshots without a folder": """
SELECT count(*) FROM store_snapshot s WHERE NOT EXISTS (SELECT FROM store_folder f WHERE f.id = s.folder_id)""",
}

# Read marks of messages that are not there, or of the future, or whose history is not told in pairs.
MARKS = """
SELECT f.id, f.mailbox_id, f.name, s.user_id FROM store_seen s JOIN store_folder f ON f.id = s.folder_id
WHERE s.modseq > f.modseq OR cardinality(s.changed_at) <> cardinality(s.changed)
   OR NOT s.uids <@ coalesce((SELECT range_agg(int8range(m.uid, m.uid, '[]')) FROM store_message m
      WHERE m.mailbox_id = f.mailbox_id AND m.folder_id = f.id), '{}')
ORDER BY f.id, s.user_id
"""

# Keeps the read marks of what is there; all of them count as changed now.
REPAIR_MARKS = """
UPDATE store_seen s SET uids = s.uids * there.uids, modseq = f.modseq, changed_at = ARRAY[f.modseq], changed = ARRAY[there.uids]
FROM store_folder f, (
  SELECT coalesce(range_agg(int8range(uid, uid, '[]')), '{}') AS uids FROM store_message
  WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint
) there
WHERE f.id = %(folder_id)s::bigint AND s.folder_id = f.id AND (
  s.modseq > f.modseq OR cardinality(s.changed_at) <> cardinality(s.changed) OR NOT s.uids <@ there.uids)
"""

# Every folder, with what is needed to replay its log.
FOLDERS = "SELECT id, mailbox_id, name, log_floor, modseq FROM store_folder ORDER BY id"

# A folder's log above its floor, its uids as two lists.
LOG = """
SELECT modseq, op, mask, names, ARRAY(SELECT lower(r) FROM unnest(uids) r), ARRAY(SELECT upper(r) - 1 FROM unnest(uids) r)
FROM store_folderlog WHERE mailbox_id = %s AND folder_id = %s AND modseq > %s ORDER BY modseq, part
"""

# A folder's messages.
MESSAGES = "SELECT uid, flags, more_kw, modseq FROM store_message WHERE mailbox_id = %s AND folder_id = %s"

# Every blob, without those in the database unless they are to be read.
BLOBS = """
SELECT organisation_id, hash, size, codec, key_id, store, location, position, stored_size,
       CASE WHEN %s THEN data END
FROM store_blob WHERE %s OR store <> 0
"""

# Counts a folder anew, under its lock.
REPAIR_COUNTERS = """
UPDATE store_folder f SET n_messages = r.n, n_unseen = r.unseen, n_bytes = r.bytes,
  uidnext = greatest(f.uidnext, r.uid + 1), modseq = greatest(f.modseq, r.modseq)
FROM (
  SELECT count(*)::int AS n, count(*) FILTER (WHERE flags & 1 = 0)::int AS unseen, coalesce(sum(size), 0)::bigint AS bytes,
         max(uid) AS uid, max(modseq) AS modseq
  FROM store_message WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint
) r WHERE f.id = %(folder_id)s::bigint
"""

# Counts a mailbox anew; its usage is locked, which all who change what it holds must have.
REPAIR_USAGE = """
INSERT INTO mailboxes_usage AS u (mailbox_id, bytes, messages)
SELECT %(mailbox_id)s::bigint, coalesce(sum(size), 0)::bigint, count(*) FROM store_message
WHERE mailbox_id = %(mailbox_id)s::bigint
ON CONFLICT (mailbox_id) DO UPDATE SET bytes = excluded.bytes, messages = excluded.messages
"""

# Locks all folders of a mailbox, in ascending id.
LOCK_ALL_FOLDERS = """
SELECT id FROM store_folder WHERE mailbox_id = %s::bigint ORDER BY id FOR NO KEY UPDATE
"""

# Removes derived rows and log rows of folders that are gone.
REPAIR_ORPHANS = (
    """
DELETE FROM store_pack p WHERE NOT EXISTS (
  SELECT FROM store_folder f WHERE f.mailbox_id = p.mailbox_id AND f.id = p.folder_id)""",
    """
DELETE FROM store_snapshot s WHERE NOT EXISTS (SELECT FROM store_folder f WHERE f.id = s.folder_id)""",
    """
DELETE FROM store_folderlog l WHERE NOT EXISTS (
  SELECT FROM store_folder f WHERE f.mailbox_id = l.mailbox_id AND f.id = l.folder_id)""",
)

# Makes every reader of a folder start anew: its log begins after the present.
FORGET_LOG = """
UPDATE store_folder SET modseq = modseq + 1, log_floor = modseq + 1 WHERE id = %(folder_id)s::bigint
"""
FORGET_LOG_ROWS = """
DELETE FROM store_folderlog WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint AND op <> 5
"""
FORGET_SNAPSHOT = "DELETE FROM store_snapshot WHERE folder_id = %(folder_id)s::bigint"
