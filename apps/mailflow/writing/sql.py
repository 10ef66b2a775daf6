"""The statements of writing mail, each with one sentence above it."""

# Forgets uploads that nothing names any more.
FORGET_UPLOADS = """
WITH gone AS (
  DELETE FROM mailflow_upload u USING (
    SELECT id FROM mailflow_upload o WHERE o.created_at < %(before)s::timestamptz
      AND NOT EXISTS (SELECT FROM mailflow_draft d WHERE d.user_id = o.user_id AND o.id = ANY(d.upload_ids))
      AND NOT EXISTS (SELECT FROM mailflow_sending s
                      WHERE s.user_id = o.user_id AND s.state = 'held' AND o.id = ANY(s.upload_ids))
    ORDER BY o.created_at LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED
  ) AS old WHERE u.id = old.id RETURNING 1
)
SELECT count(*)::int FROM gone
"""

# A message of a mailbox: its blob and what stands above that.
CONTENT = """
SELECT organisation_id, blob_hash, size, prefix FROM store_content
WHERE mailbox_id = %s::bigint AND id = %s::bigint
"""

# Whether a draft's message is where it was put, and is not marked to be deleted.
IS_PLACED = """
SELECT EXISTS (SELECT FROM store_message
               WHERE mailbox_id = %s::bigint AND folder_id = %s::bigint AND uid = %s::bigint AND flags & 8 = 0)
"""

# The latest message of a folder with a Message-ID (by its hash) that is not marked to be deleted.
SUCCESSOR = """
SELECT m.uid, m.content_id FROM store_content c
JOIN store_message m ON m.mailbox_id = c.mailbox_id AND m.content_id = c.id
WHERE c.mailbox_id = %s::bigint AND c.message_id_hash = %s::bigint AND m.folder_id = %s::bigint AND m.flags & 8 = 0
ORDER BY m.uid DESC LIMIT 1
"""

# The folder of a special use.
SPECIAL = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND special_use = %s::text"

# Every place a message is in.
PLACES = "SELECT folder_id, uid FROM store_message WHERE mailbox_id = %s::bigint AND content_id = %s::bigint"

# Where a message in a folder of drafts is.
IN_DRAFTS = """
SELECT m.folder_id, m.uid FROM store_message m JOIN store_folder f ON f.id = m.folder_id
WHERE m.mailbox_id = %s::bigint AND m.content_id = %s::bigint AND f.special_use = '\\Drafts' AND m.flags & 8 = 0
ORDER BY m.uid DESC LIMIT 1
"""

# Whether a user, with their domain and organisation, still is let in.
IS_LET_IN = """
SELECT EXISTS (
  SELECT FROM accounts_user u
  JOIN domains_domain d ON d.id = u.domain_id AND d.is_active
  JOIN organisations_organisation o ON o.id = u.organisation_id AND o.is_active
  WHERE u.id = %s::bigint AND u.is_active)
"""

# Every address of a user's organisation that leads to one of these mailboxes, aliases of aliases included.
ADDRESSES = """
WITH RECURSIVE mine(address, depth) AS (
  SELECT m.local_part || '@' || d.name, 0 FROM mailboxes_mailbox m JOIN domains_domain d ON d.id = m.domain_id
  WHERE m.id = ANY(%(mailbox_ids)s::bigint[])
  UNION
  SELECT a.local_part || '@' || d.name, mine.depth + 1
  FROM mine
  JOIN domains_domain d ON d.organisation_id = %(organisation_id)s::bigint AND d.is_active
  JOIN mailboxes_alias a ON a.domain_id = d.id AND a.is_active
   AND EXISTS (SELECT FROM unnest(a.targets) t WHERE lower(t) = mine.address)
  WHERE mine.depth < 5
)
SELECT address FROM mine GROUP BY address ORDER BY min(depth), address
"""

# Counts people somebody wrote to or had mail from; a name that is given replaces the one that was kept.
COUNT_CORRESPONDENTS = """
INSERT INTO mailflow_correspondent AS c (user_id, key, address, name, words, sent, received, last_at)
SELECT %(user_id)s::bigint, t.* FROM unnest(
  %(keys)s::text[], %(addresses)s::text[], %(names)s::text[], %(words)s::text[], %(sent)s::int[], %(received)s::int[],
  %(last)s::timestamptz[]) AS t
ORDER BY 2
ON CONFLICT (user_id, key) DO UPDATE SET
  address = excluded.address,
  name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE c.name END,
  words = CASE WHEN excluded.name <> '' OR c.name = '' THEN excluded.words ELSE c.words END,
  sent = CASE WHEN %(seeding)s::bool THEN greatest(c.sent, excluded.sent) ELSE c.sent + excluded.sent END,
  received = CASE WHEN %(seeding)s::bool THEN greatest(c.received, excluded.received)
             ELSE c.received + excluded.received END,
  last_at = greatest(c.last_at, excluded.last_at)
"""

# People whose name or address has words that begin so; whom one writes to often and lately come first.
SUGGEST = """
SELECT address, name FROM mailflow_correspondent
WHERE user_id = %(user_id)s::bigint AND words LIKE ALL (%(patterns)s::text[])
ORDER BY ln(1 + 3 * sent + received) - extract(epoch FROM %(now)s::timestamptz - last_at) / 5184000 DESC, key
LIMIT %(limit)s::int
"""

# The latest messages of a folder, for whom they name.
ENVELOPES = """
SELECT c.envelope, c.internaldate FROM store_message m
JOIN store_content c ON c.mailbox_id = m.mailbox_id AND c.id = m.content_id
JOIN store_folder f ON f.id = m.folder_id
WHERE m.mailbox_id = %s::bigint AND m.folder_id = %s::bigint ORDER BY m.uid DESC LIMIT %s::int
"""
