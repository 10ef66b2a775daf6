"""The statements of the import journal."""

# One import of a mailbox at a time; the lock goes with the connection.
LOCK = "SELECT pg_try_advisory_lock(7301, %s::int)"
UNLOCK = "SELECT pg_advisory_unlock(7301, %s::int)"

# The number of this import.
NEXT_RUN = "SELECT coalesce(max(run), 0) + 1 FROM mailflow_imported WHERE mailbox_id = %s::bigint"

# Count what this import came across, and say how many copies were filed so far.
COUNT = """
INSERT INTO mailflow_imported AS i (mailbox_id, key, run, seen, imported)
SELECT %s::bigint, k, %s::bigint, n, 0 FROM unnest(%s::bytea[], %s::int[]) AS t (k, n) ORDER BY k
ON CONFLICT (mailbox_id, key) DO UPDATE SET run = excluded.run,
  seen = excluded.seen + CASE WHEN i.run = excluded.run THEN i.seen ELSE 0 END
RETURNING key, seen, imported
"""

# Remember what is filed in this transaction.
FILED = """
UPDATE mailflow_imported AS i SET imported = i.imported + t.n
FROM unnest(%s::bytea[], %s::int[]) AS t (k, n) WHERE i.mailbox_id = %s::bigint AND i.key = t.k
"""

# Forget it all, so that everything is filed again.
FORGET = "DELETE FROM mailflow_imported WHERE mailbox_id = %s::bigint"

# Find a folder by its name.
FOLDER = "SELECT id FROM store_folder WHERE mailbox_id = %s::bigint AND name = %s"
