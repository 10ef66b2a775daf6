"""Statements on folders. The mailbox is locked already (`locks.LOCK_MAILBOX`)."""

# Makes sure that a mailbox has a row for what it holds.
ENSURE_USAGE = "INSERT INTO mailboxes_usage (mailbox_id, bytes, messages) VALUES (%s::bigint, 0, 0) ON CONFLICT DO NOTHING"

# Creates folders that are not there, by name and special use; the given uidvalidity is the last one's.
CREATE = """
INSERT INTO store_folder (mailbox_id, name, special_use, uidvalidity)
SELECT %(mailbox_id)s::bigint, name, special_use, coalesce(uidvalidity, nextval('store_uidvalidity_seq'))
FROM unnest(%(names)s::text[], %(special_uses)s::text[], %(uidvalidities)s::bigint[])
  AS t (name, special_use, uidvalidity)
ON CONFLICT DO NOTHING
RETURNING id, name
"""

# Subscribes the owner of a mailbox to folders of it.
SUBSCRIBE_OWNER = """
INSERT INTO store_subscription (mailbox_id, user_id, name)
SELECT m.id, m.owner_id, name FROM mailboxes_mailbox m, unnest(%(names)s::text[]) AS t (name)
WHERE m.id = %(mailbox_id)s::bigint AND m.owner_id IS NOT NULL
ON CONFLICT DO NOTHING
"""

# Finds a folder and all below it, and locks them in ascending id: as keys, for their names change.
LOCK_TREE = """
SELECT id, name FROM store_folder
WHERE mailbox_id = %s::bigint AND (name = %s::text OR starts_with(name, %s::text)) ORDER BY id FOR UPDATE
"""

# Finds folders that bear a name, or lie below it.
TAKEN = """
SELECT id, name FROM store_folder
WHERE mailbox_id = %s::bigint AND (name = %s::text OR starts_with(name, %s::text)) ORDER BY name
"""

# Gives a folder and all below it a new beginning of their names.
RENAME = """
UPDATE store_folder SET name = %(new)s::text || substr(name, %(length)s::int + 1)
WHERE mailbox_id = %(mailbox_id)s::bigint AND id = ANY(%(ids)s::bigint[])
"""

# Lets everyone's subscriptions follow folders that were renamed; one who has the new name already keeps that one.
RENAME_SUBSCRIPTIONS = """
WITH gone AS (
  DELETE FROM store_subscription WHERE mailbox_id = %(mailbox_id)s::bigint AND name = ANY(%(names)s::text[])
  RETURNING user_id, name
)
INSERT INTO store_subscription (mailbox_id, user_id, name)
SELECT %(mailbox_id)s::bigint, user_id, %(new)s::text || substr(name, %(length)s::int + 1) FROM gone
ON CONFLICT DO NOTHING
"""

# Removes all of a folder but its row.
DELETE = """
WITH d AS (
  DELETE FROM store_message WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint
  RETURNING size
), s AS (
  UPDATE mailboxes_usage x SET bytes = x.bytes - c.bytes, messages = x.messages - c.n
  FROM (SELECT coalesce(sum(size), 0)::bigint AS bytes, count(*) AS n FROM d) c
  WHERE x.mailbox_id = %(mailbox_id)s::bigint
), l AS (
  DELETE FROM store_folderlog WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint
), p AS (
  DELETE FROM store_pack WHERE mailbox_id = %(mailbox_id)s::bigint AND folder_id = %(folder_id)s::bigint
), n AS (
  DELETE FROM store_snapshot WHERE folder_id = %(folder_id)s::bigint
), a AS (
  DELETE FROM store_folderacl WHERE folder_id = %(folder_id)s::bigint
)
DELETE FROM store_seen WHERE folder_id = %(folder_id)s::bigint
"""

# Removes the row of an emptied folder.
DELETE_ROW = "DELETE FROM store_folder WHERE id = %s::bigint AND mailbox_id = %s::bigint"

# Names a folder under its lock.
LOCK_ONE = "SELECT name FROM store_folder WHERE id = %s::bigint AND mailbox_id = %s::bigint FOR UPDATE"

# Puts a folder into a user's list.
SUBSCRIBE = """
INSERT INTO store_subscription (mailbox_id, user_id, name)
SELECT mailbox_id, %s::bigint, name FROM store_folder WHERE mailbox_id = %s::bigint AND name = %s::text
ON CONFLICT (mailbox_id, user_id, name) DO UPDATE SET name = excluded.name RETURNING id
"""

# Takes a name out of a user's list, whether or not there is such a folder.
UNSUBSCRIBE = """
DELETE FROM store_subscription WHERE user_id = %s::bigint AND mailbox_id = %s::bigint AND name = %s::text
"""

# Gives a folder that never held anything the uidvalidity it had elsewhere.
ADOPT = """
UPDATE store_folder SET uidvalidity = %s::bigint
WHERE id = %s::bigint AND mailbox_id = %s::bigint AND uidnext = 1 AND n_messages = 0 RETURNING id
"""

# The folder of a special use.
BY_SPECIAL_USE = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND special_use = %s::text"

# Gives a folder a special use that no other has.
GIVE_SPECIAL_USE = """
UPDATE store_folder SET special_use = %s::text WHERE mailbox_id = %s::bigint AND name = %s::text RETURNING id
"""
