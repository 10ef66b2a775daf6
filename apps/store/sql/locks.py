"""The store's locks, always in this order: mailbox (lists of folders), folders, usage, keywords, threads, blobs."""

# Serialises changes to a mailbox's list of folders; mail itself never takes it.
LOCK_MAILBOX = "SELECT id FROM mailboxes_mailbox WHERE id = %s::bigint FOR NO KEY UPDATE"

# Locks folders in ascending id; as a statement of its own, so that the next one sees what they hid.
LOCK_FOLDERS = """
SELECT id, mailbox_id, uidnext FROM store_folder WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

# Locks what mailboxes hold, in ascending id, after their folders.
LOCK_USAGE = """
SELECT mailbox_id FROM mailboxes_usage WHERE mailbox_id = ANY(%s::bigint[]) ORDER BY mailbox_id FOR NO KEY UPDATE
"""

# Reads what locked mailboxes hold and may hold (a quota of 0 is none), and whether the quota that they share with others
# of their domain or organisation is reached.
USAGE = """
SELECT m.id, coalesce(u.bytes, 0), m.quota_bytes, mailboxes_over(m.id)
FROM mailboxes_mailbox m LEFT JOIN mailboxes_usage u ON u.mailbox_id = m.id WHERE m.id = ANY(%s::bigint[])
"""

# Names the keyword bits of mailboxes.
KEYWORDS = "SELECT mailbox_id, lower(name), bit::int FROM store_keyword WHERE mailbox_id = ANY(%s::bigint[])"

# Gives keywords their bits; the caller holds the mailboxes' usage rows, so nobody else does meanwhile.
ADD_KEYWORDS = """
INSERT INTO store_keyword (mailbox_id, bit, name)
SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[]) ON CONFLICT DO NOTHING
"""
