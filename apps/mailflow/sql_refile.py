"""The statements of filing by hand and of taking it back."""

# What is chosen of a folder, in order; and what a folder is for.
CHOSEN = """
SELECT m.uid FROM store_message m, unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS w (low, high)
WHERE m.mailbox_id = %(mailbox)s::bigint AND m.folder_id = %(folder)s::bigint AND m.uid BETWEEN w.low AND w.high
ORDER BY m.uid
"""
FOLDERS = (
    "SELECT id, name, special_use FROM store_folder WHERE mailbox_id = %s::bigint AND id = ANY(%s::bigint[])"
)
# The same of two mailboxes' folders.
USES = (
    "SELECT id, special_use FROM store_folder WHERE mailbox_id = ANY(%s::bigint[]) AND id = ANY(%s::bigint[])"
)

# Where messages are, by content.
PLACES = """
SELECT m.folder_id, m.uid FROM store_message m
WHERE m.mailbox_id = %s::bigint AND m.content_id = ANY(%s::bigint[]) AND (%s::bigint = 0 OR m.folder_id = %s::bigint)
ORDER BY m.folder_id, m.uid
"""

# Which contents these uids of a folder are.
CONTENTS = """
SELECT m.content_id FROM store_message m, unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS w (low, high)
WHERE m.mailbox_id = %(mailbox)s::bigint AND m.folder_id = %(folder)s::bigint AND m.uid BETWEEN w.low AND w.high
"""

# Where contents are in a folder, of each the first place from a uid on.
UIDS = """
SELECT min(m.uid) FROM store_message m, unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS w (low, high)
WHERE m.mailbox_id = %(mailbox)s::bigint AND m.content_id BETWEEN w.low AND w.high
  AND m.folder_id = %(folder)s::bigint AND m.uid >= %(first)s::bigint
GROUP BY m.content_id
"""

# Begins a record, adds to it under its lock, which comes before those of folders.
BEGIN = """
INSERT INTO mailflow_undorecord (mailbox_id, user_id, kind, detail, steps)
VALUES (%s::bigint, %s::bigint, %s::text, %s::text, '[]') RETURNING id
"""
LOCK = """
SELECT mailbox_id, kind, steps, messages, restored, undone_at IS NOT NULL, created_at < now() - interval '1 day'
FROM mailflow_undorecord WHERE id = %s::bigint AND user_id = %s::bigint FOR UPDATE
"""
ADD = """
UPDATE mailflow_undorecord SET steps = steps || %s::jsonb, messages = messages + %s::int WHERE id = %s::bigint
"""

# Takes steps off a record; with none left it is undone.
TAKE_OFF = """
UPDATE mailflow_undorecord SET steps = %(steps)s::jsonb, restored = restored + %(restored)s::int,
  undone_at = CASE WHEN %(steps)s::jsonb = '[]' THEN now() END
WHERE id = %(id)s::bigint RETURNING restored
"""

# Drops one record, or those that are too old, some at a time.
DROP = "DELETE FROM mailflow_undorecord WHERE id = %s::bigint RETURNING id"
FORGET = """
DELETE FROM mailflow_undorecord WHERE id IN (
  SELECT id FROM mailflow_undorecord WHERE created_at < now() - interval '1 day' LIMIT %s::int FOR UPDATE SKIP LOCKED)
RETURNING id
"""
