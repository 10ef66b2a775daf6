"""Statements that take a mailbox apart (`services/emptying.py`)."""

# Names a folder of a mailbox, the last first: INBOX goes last, for it is the oldest.
FOLDER = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint ORDER BY id DESC LIMIT 1"

# Names some messages of a folder.
UIDS = """
SELECT uid FROM store_message WHERE mailbox_id = %s::bigint AND folder_id = %s::bigint ORDER BY uid LIMIT %s::int
"""

# Removes some contents of a mailbox that no folder has.
CONTENTS = """
WITH gone AS (
  DELETE FROM store_content c WHERE c.mailbox_id = %s::bigint AND c.id IN (
    SELECT o.id FROM store_content o WHERE o.mailbox_id = %s::bigint LIMIT %s::int)
  AND NOT EXISTS (SELECT FROM store_message m WHERE m.mailbox_id = c.mailbox_id AND m.content_id = c.id)
  RETURNING 1
)
SELECT count(*)::int FROM gone
"""
